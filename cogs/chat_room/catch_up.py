"""Catching up in the Chat Rooms with what was said while nobody listened.

What was missed is counted from the newest message known. So until a room's history has been read,
what comes in is held back, or it would pass for the newest one.

The history also tells what has become of messages that wait for a turn: whoever changed or deleted
theirs meanwhile has said something else, or nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import discord
import structlog

from bot.client.bot import FourRoomsBot
from cogs.chat_room.incoming import by_a_person
from cogs.shared.room_catch_up import RoomCatchUp

log = structlog.get_logger(__name__)

MOST_CAUGHT_UP: Final = 200
"""The newest messages of a room that are looked through after a time away."""

TakeIn = Callable[[discord.Message], Awaitable[None]]


@dataclass(slots=True)
class _Held:
    """Messages to be taken in once the room's history has been read, in this order."""

    messages: list[discord.Message] = field(default_factory=list)
    latest: dict[int, discord.Message | None] = field(default_factory=dict)
    """Messages that were changed meanwhile, as they are now; None if deleted."""


class ChatRoomCatchUp(RoomCatchUp):
    """The catch-up with Chat Rooms, which holds back what comes in meanwhile.

    ``take_in`` is for a message that was not heard yet, ``revise`` for one that has been changed.
    """

    not_read = "history not read"
    not_taken_in = "history not taken in"

    def __init__(self, bot: FourRoomsBot, take_in: TakeIn, revise: TakeIn) -> None:
        super().__init__(bot)
        self._take_in = take_in
        self._revise = revise
        self._held: dict[int, _Held] = {}
        self._since: dict[int, int] = {}
        """Rooms with a gap: the last message known before it."""

    def hold_back(self, room_ids: Iterable[int]) -> None:
        """Have what is said in these rooms from now on wait for `catch_up`."""
        for room_id in room_ids:
            self._held.setdefault(room_id, _Held())

    def holds_back(self, room_id: int) -> bool:
        """Return whether what comes in for that room waits for its history."""
        return room_id in self._held

    def note_gap(self, room_id: int, since: int | None) -> None:
        """Have the room's history read from that message on, whatever is kept meanwhile."""
        if since is not None:
            self._since[room_id] = min(since, self._since.get(room_id, since))

    def hold(self, message: discord.Message) -> bool:
        """Say whether the message waits for its room's history, and have it wait."""
        held = self._held.get(message.channel.id)
        if held is None:
            return False
        held.messages.append(message)
        return True

    def changed(self, message: discord.Message) -> None:
        """Take the message in as it is now, if it is yet to be taken in."""
        if held := self._held.get(message.channel.id):
            held.latest[message.id] = message

    def deleted(self, room_id: int, message_ids: Collection[int]) -> None:
        """Drop these messages, if they are yet to be taken in."""
        if held := self._held.get(room_id):
            held.latest.update(dict.fromkeys(message_ids))

    def lost(self, message: discord.Message) -> None:
        """Leave a message that could not be taken in to `look_back`, in the history."""
        before = message.id - 1
        self._since[message.channel.id] = min(before, self._since.get(message.channel.id, before))

    def rooms_to_retry(self) -> Iterable[int]:
        """Return the rooms with a gap."""
        return self._since

    async def read_room(self, room_id: int) -> None:
        """Take in what was missed in a room, then what was held back there."""
        self.hold_back([room_id])
        newest = await self.try_to_read(room_id, self._read_history(room_id))
        await self._release(room_id)
        if newest is not None and room_id not in self._since:
            await self._bot.stores.rooms.see(room_id, newest)

    async def _read_history(self, room_id: int) -> int | None:
        """Put what was missed before what is held back; return the newest message read, if any."""
        stores = self._bot.stores
        since = self._since.get(room_id) or await stores.rooms.last_seen(room_id)
        if since is None or not self._may_read(room_id):
            return None
        waiting = await stores.messages.waiting(room_id)
        if not waiting and not self._has_newer(room_id, since):
            return None
        self._since[room_id] = since
        read_from = min([since, *(message_id - 1 for message_id in waiting[:1])])
        messages = await self._said_since(room_id, read_from)
        await self._look_again(room_id, waiting, messages)
        missed = [message for message in messages if message.id > since]
        answered = self._answered_among(missed)
        self._held[room_id].messages[:0] = [
            message for message in missed if by_a_person(message) and message.id not in answered
        ]
        del self._since[room_id]
        log.info("caught up", room_id=room_id, messages=len(missed))
        return missed[-1].id if missed else None

    async def _look_again(
        self, room_id: int, waiting: Sequence[int], messages: Sequence[discord.Message]
    ) -> None:
        """Withdraw or revise messages that wait for a turn, as far back as was read."""
        there = {message.id: message for message in messages}
        read_from = messages[0].id if len(messages) == MOST_CAUGHT_UP else 0
        gone = [waits for waits in waiting if waits >= read_from and waits not in there]
        await self._bot.stores.messages.withdraw(room_id, gone)
        for message_id in waiting:
            message = there.get(message_id)
            if message is not None and message.edited_at is not None:
                await self._revise(message)

    async def _release(self, room_id: int) -> None:
        """Take in what was held back; from then on the room is heard at once."""
        held = self._held[room_id]
        while held.messages:
            first = held.messages.pop(0)
            message = held.latest.get(first.id, first)
            if message is None:
                continue
            try:
                await self._take_in(message)
            except Exception:  # it is in the history
                log.exception("message not taken in", room_id=room_id, message_id=message.id)
                self.lost(message)
        del self._held[room_id]

    def _may_read(self, room_id: int) -> bool:
        """Return whether the room is in this process's care, and its history open.

        Where it is closed, Discord answers that nothing was said.
        """
        guild = self.reachable_guild(self._bot.rooms[room_id])
        if guild is None:
            return False
        channel = guild.get_channel(room_id)
        return channel is None or channel.permissions_for(guild.me).read_message_history

    def _has_newer(self, room_id: int, since: int) -> bool:
        channel = self._bot.get_channel(room_id)
        newest = channel.last_message_id if isinstance(channel, discord.TextChannel) else None
        return newest is None or newest > since

    async def _said_since(self, room_id: int, since: int) -> list[discord.Message]:
        """Return the newest messages after ``since``, oldest first."""
        # With its server, or what is read would pass for direct messages.
        guild_id = self._bot.rooms[room_id]
        channel = self._bot.get_partial_messageable(room_id, guild_id=guild_id)
        history = channel.history(
            limit=MOST_CAUGHT_UP, after=discord.Object(since), oldest_first=False
        )
        return [message async for message in history][::-1]

    def _answered_among(self, messages: list[discord.Message]) -> set[int]:
        """Return the messages that an own reply among ``messages`` refers to."""
        me = self._bot.user
        return {
            message.reference.message_id
            for message in messages
            if me and message.author.id == me.id
            if message.reference and message.reference.message_id
        }
