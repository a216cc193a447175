"""The reading half of a person: what they can see, and waiting until they see it."""

from __future__ import annotations

from collections.abc import Callable

import discord
from simcord.backend import errors
from simcord.backend.access import channel_accessible

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.events import MessageChanged, MessageMade, ServerEvent, TypingBegan
from bot.sandbox.server.typing_state import TypingState
from bot.sandbox.users.commands import list_commands, list_menu_entries
from bot.sandbox.users.user_errors import refusing
from bot.sandbox.users.views import Command, GuildMember, Message, Place
from bot.sandbox.users.visibility import (
    can_see,
    find_display_name,
    list_members,
    list_places,
    view_message,
    view_place,
)

PlaceRef = str | int | Place
"""A place by name (``#lobby``, ``lobby``, a thread's name), by id, or as it was read."""


class NotSeen(TimeoutError):
    """A wait in vain; the text says what was seen instead."""


class Reader:
    """A person's view of the server. Everything is read as it is now; nothing is kept."""

    def __init__(
        self,
        sandbox: SandboxBackend,
        typing_state: TypingState,
        person_id: int,
        guild_id: int | None = None,
    ) -> None:
        """Look with a person's eyes at the server of that id; none given: the first one."""
        self._guild_id = guild_id
        self.sandbox = sandbox
        self.id = person_id
        self._typing_state = typing_state

    @property
    def guild_id(self) -> int:
        """The server that they are in."""
        return self._guild_id or next(iter(self.sandbox.guilds))

    @property
    def name(self) -> str:
        """The name that is shown for them."""
        return find_display_name(self.sandbox, self.guild_id, self.id)

    @property
    def mention(self) -> str:
        """The text that mentions them in a message."""
        return f"<@{self.id}>"

    def may_see(self, place_id: int) -> bool:
        """Return whether a channel or thread is open to them."""
        return channel_accessible(self.sandbox, place_id, self.id)

    def permissions_in(self, place_id: int) -> discord.Permissions:
        """Return what they may do in a channel or thread: nothing where it is not open to them."""
        if not self.may_see(place_id):
            return discord.Permissions.none()
        return discord.Permissions(
            self.sandbox.compute_permissions(self.guild_id, self.id, place_id)
        )

    def may_post(self, place_id: int) -> bool:
        """Return whether they see a channel or thread, and may write there."""
        if not self.may_see(place_id):
            return False
        return view_place(self.sandbox, self.sandbox.get_channel(place_id), self.id).may_post

    def places(self) -> tuple[Place, ...]:
        """Return the channels and threads that they see."""
        return list_places(self.sandbox, self.guild_id, self.id)

    def threads(self, where: PlaceRef = "lobby") -> tuple[Place, ...]:
        """Return the threads that they see under a channel, the oldest first."""
        parent = self.place_id(where)
        return tuple(place for place in self.places() if place.parent_id == parent)

    def members(self) -> tuple[GuildMember, ...]:
        """Return everybody in the server."""
        return list_members(self.sandbox, self.guild_id)

    def place_id(self, where: PlaceRef) -> int:
        """Return the id of a place. Raises Refused where it is not there, or not for them."""
        if isinstance(where, Place):
            where = where.id
        if isinstance(where, str):
            wanted = where.removeprefix("#")
            ids = [place.id for place in self.places() if place.name == wanted]
            if ids:
                return ids[-1]
            where = 0
        with refusing():
            self.sandbox.get_channel(where)
            if not self.may_see(where):
                raise errors.missing_access()
        return where

    def place(self, where: PlaceRef) -> Place:
        """Return a place as they see it. Raises Refused."""
        channel = self.sandbox.get_channel(self.place_id(where))
        return view_place(self.sandbox, channel, self.id)

    def messages(
        self, where: PlaceRef, *, limit: int = 100, before: int | None = None
    ) -> tuple[Message, ...]:
        """Return the latest messages that they see in a place, the oldest first.

        ``before`` is a message's id, to go back further. Without the right to read history
        there is nothing. Raises Refused.
        """
        place_id = self.place_id(where)
        if not channel_accessible(self.sandbox, place_id, self.id, history=True):
            return ()
        stored = self.sandbox.messages[place_id]
        messages: list[Message] = []
        for message_id in sorted(stored, reverse=True):
            if len(messages) == limit:
                break
            if (before is None or message_id < before) and stored[message_id].visible_to(self.id):
                messages.append(view_message(self.sandbox, stored[message_id], self.id))
        return tuple(reversed(messages))

    def message(self, where: PlaceRef, message_id: int) -> Message:
        """Return one message as it is now. Raises Refused."""
        with refusing():
            message = self.sandbox.get_message(self.place_id(where), message_id)
            if not can_see(self.sandbox, message, self.id):
                raise errors.unknown_message()
        return view_message(self.sandbox, message, self.id)

    def now(self, message: Message) -> Message:
        """Return a message that was read before, as it is now. Raises Refused."""
        return self.message(message.place_id, message.id)

    def typing(self, where: PlaceRef) -> tuple[str, ...]:
        """Return who else is typing in a place, by name."""
        place_id = self.place_id(where)
        return tuple(
            find_display_name(self.sandbox, self.guild_id, user_id)
            for user_id in self._typing_state.at(place_id)
            if user_id != self.id
        )

    def commands(self, where: PlaceRef) -> tuple[Command, ...]:
        """Return the slash commands that they may use in a place."""
        return list_commands(self.sandbox, self.id, self.place_id(where))

    def menu(self, where: PlaceRef) -> tuple[str, ...]:
        """Return the entries of a message's menu that they may use in a place."""
        return list_menu_entries(self.sandbox, self.id, self.place_id(where))

    async def wait_for(
        self,
        check: Callable[[Message], bool] = lambda _: True,
        *,
        where: PlaceRef | None = None,
        after: Message | int | None = None,
        timeout: float = 10.0,
    ) -> Message:
        """Wait until they see a message that fits, new or changed; it may be there already.

        ``where`` bounds it to a place, ``after`` to messages later than one. A deferred answer
        fits only once it is there. Raises NotSeen.
        """
        place_id = None if where is None else self.place_id(where)
        since = after.id if isinstance(after, Message) else after or 0

        def fits(message: Message) -> bool:
            return message.id > since and not message.thinking and check(message)

        def look(event: ServerEvent | None) -> Message | None:
            if event is None:
                return next((m for m in self._present(place_id, since) if fits(m)), None)
            if not isinstance(event, MessageMade | MessageChanged):
                return None
            if place_id not in (None, event.message.channel_id):
                return None
            if not can_see(self.sandbox, event.message, self.id):
                return None
            view = view_message(self.sandbox, event.message, self.id)
            return view if fits(view) else None

        try:
            return await self.sandbox.event_bus.until(look, timeout=timeout)
        except TimeoutError:
            raise NotSeen(self._instead(place_id, since, timeout)) from None

    async def wait_typing(
        self, where: PlaceRef, *, by: int | None = None, timeout: float = 10.0
    ) -> None:
        """Wait until somebody else types in a place; ``by`` is who. Raises NotSeen."""
        place_id = self.place_id(where)

        def look(event: ServerEvent | None) -> bool | None:
            if isinstance(event, TypingBegan) and event.channel_id == place_id:
                return True if event.user_id == by or by is None else None
            there = self._typing_state.at(place_id) if event is None else ()
            return True if (by in there if by is not None else there) else None

        try:
            await self.sandbox.event_bus.until(look, timeout=timeout)
        except TimeoutError:
            raise NotSeen(f"{self.name} saw nobody type within {timeout} s") from None

    def _present(self, place_id: int | None, since: int) -> list[Message]:
        places = [p.id for p in self.places()] if place_id is None else [place_id]
        there = [
            message
            for place in places
            for message in self.sandbox.messages.get(place, {}).values()
            if message.id > since and can_see(self.sandbox, message, self.id)
        ]
        there.sort(key=lambda message: message.id)
        return [view_message(self.sandbox, message, self.id) for message in there]

    def _instead(self, place_id: int | None, since: int, timeout: float) -> str:
        there = self._present(place_id, since)[-20:]
        lines = [f"  #{self.sandbox.channels[m.place_id].name}  {m}" for m in there]
        listing = "\n".join(lines) or "  nothing"
        return f"{self.name} did not see it within {timeout} s, but:\n{listing}"
