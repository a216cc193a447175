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
from bot.storage.database.troubles import DatabaseUnavailable
from cogs.chat_room.incoming import by_a_person
from cogs.shared.room_catch_up import RoomCatchUp

log = structlog.get_logger(__name__)

MOST_CAUGHT_UP: Final = 1_000
"""The newest messages of a room that are looked through after a time away."""

TakeIn = Callable[[discord.Message], Awaitable[None]]


MOST_FAULTS: Final = 8
"""Tries of a message that fails by a fault of ours: those behind it must not wait for ever."""


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
        """Rooms with a gap: the last message read before it."""
        self._closed: set[int] = set()
        """Rooms whose history Discord would show as empty, for want of a permission."""
        self._faults: dict[int, int] = {}
        """How often each message could not be taken in."""
        self._cut: set[int] = set()
        """Rooms whose connection is new, and whose history was not begun to be read since."""

    def hold_back(self, room_ids: Iterable[int]) -> None:
        """Have what is said in these rooms from now on wait for `catch_up`."""
        for room_id in room_ids:
            self._held.setdefault(room_id, _Held())

    def begin_anew(self, room_ids: Iterable[int]) -> None:
        """Do the same, also where the history is just being read: it may lack what was missed."""
        self._cut.update(room_ids)
        self.hold_back(self._cut)

    def holds_back(self, room_id: int) -> bool:
        """Return whether what comes in for that room waits for its history."""
        return room_id in self._held

    async def keep_gap(self, room_id: int) -> None:
        """Keep over a restart from where on the room is to be read, whatever is kept meanwhile."""
        since = self._since.get(room_id)
        if since is None:
            since = await self._bot.stores.rooms.last_seen(room_id)
        if since is not None:
            self._note_gap(room_id, since)
            await self._bot.stores.rooms.note_unread(room_id, since)

    def has_gap(self, room_id: int) -> bool:
        """Return whether something that was said in the room is yet to be read."""
        return room_id in self._since

    def hold(self, message: discord.Message) -> bool:
        """Say whether the message waits for its room's history, and have it wait."""
        held = self._held.get(message.channel.id)
        if held is None:
            return False
        held.messages.append(message)
        # What is left out here is in the history, like all the others.
        del held.messages[:-MOST_CAUGHT_UP]
        return True

    def changed(self, message: discord.Message) -> None:
        """Take the message in as it is now, if it is yet to be taken in."""
        if held := self._held.get(message.channel.id):
            held.latest[message.id] = message

    def deleted(self, room_id: int, message_ids: Collection[int]) -> None:
        """Drop these messages, if they are yet to be taken in."""
        if held := self._held.get(room_id):
            held.latest.update(dict.fromkeys(message_ids))

    def forget(self, room_id: int) -> None:
        """Leave what was missed in a channel before it is a Chat Room anew, and hold back none."""
        self._since.pop(room_id, None)
        self._closed.discard(room_id)
        self._cut.discard(room_id)
        if held := self._held.pop(room_id, None):
            held.messages.clear()  # which may just be taken in

    def lost(self, message: discord.Message) -> None:
        """Have a message that could not be taken in, and all behind it, wait for the history."""
        self._note_gap(message.channel.id, message.id - 1)
        self.hold_back([message.channel.id])
        self.try_later(message.channel.id)

    def look_at(self, guild_id: int | None = None) -> None:
        """Read the rooms of a server, or all, whose history has just become open."""
        for room_id, guild in self._bot.rooms.items():
            if guild_id not in (None, guild) or self.reachable_guild(guild) is None:
                continue
            if not self._may_read(room_id):
                self._closed.add(room_id)
            elif room_id in self._closed:
                self.read_anew(room_id)

    def read_anew(self, room_id: int) -> None:
        """Read the room; what comes in until then waits, as it would pass for the newest known."""
        self.hold_back([room_id])
        self.read_soon(room_id)

    async def look_back(self) -> None:
        """Look at all rooms."""
        self.look_at()

    async def read_room(self, room_id: int) -> None:
        """Take in what was missed in a room, then what was held back there.

        Where the history could not be read, what is held back goes on waiting.
        """
        if room_id not in self._bot.rooms:
            return
        self.hold_back([room_id])
        self._cut.discard(room_id)
        newest = await self.try_to_read(room_id, self._read_history(room_id))
        if self.is_unread(room_id) or self._is_away(room_id) or not await self._release(room_id):
            return
        if newest is None:
            return
        if newest:
            await self._bot.stores.rooms.see(room_id, newest)
        if not self.has_gap(room_id):  # another one, that came up meanwhile
            await self._bot.stores.rooms.note_unread(room_id, None)

    async def _read_history(self, room_id: int) -> int | None:
        """Put what was missed before what is held back.

        Return the newest message read, 0 where there was none, and None where nothing was looked
        at.
        """
        stores = self._bot.stores
        since = self._since.get(room_id) or await stores.rooms.last_seen(room_id)
        if since is None or self.reachable_guild(self._bot.rooms[room_id]) is None:
            return None
        if not self._may_read(room_id):
            self._closed.add(room_id)
            await self.keep_gap(room_id)
            return None
        waiting = await stores.messages.waiting(room_id)
        gap = room_id in self._since or room_id in self._closed
        if not gap and not waiting and not self._has_newer(room_id, since):
            return None
        self._note_gap(room_id, since)
        read_from = min([since, *(message_id - 1 for message_id in waiting[:1])])
        try:
            messages = await self._said_since(room_id, read_from)
        except discord.Forbidden:
            self._closed.add(room_id)
            await self.keep_gap(room_id)
            return None
        await self._look_again(room_id, waiting, messages)
        missed = [message for message in messages if message.id > since]
        answered = self._answered_among(missed)
        self._put_first(room_id, [m for m in missed if by_a_person(m) and m.id not in answered])
        del self._since[room_id]
        self._closed.discard(room_id)
        log.info("caught up", room_id=room_id, messages=len(missed))
        return missed[-1].id if missed else 0

    def _note_gap(self, room_id: int, since: int) -> None:
        self._since[room_id] = min(since, self._since.get(room_id, since))

    def _put_first(self, room_id: int, missed: Sequence[discord.Message]) -> None:
        """Add missed messages to the held, by id; what came in live tells more of its author."""
        held = self._held[room_id]
        by_id = {message.id: message for message in (*missed, *held.messages)}
        held.messages = [by_id[message_id] for message_id in sorted(by_id)]

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

    async def _release(self, room_id: int) -> bool:
        """Take in what was held back; return whether all of it was.

        Then the room is heard at once; else the rest waits behind what failed, or was missed.
        """
        held = self._held[room_id]
        while held.messages and room_id not in self._cut:
            first = held.messages[0]
            message = held.latest.get(first.id, first)
            if message is not None and not await self._try_to_take_in(message):
                return False
            del held.messages[:1]
        if room_id in self._cut:
            return False
        self._held.pop(room_id, None)
        return True

    async def _try_to_take_in(self, message: discord.Message) -> bool:
        """Return whether the message is done with, taken in or given up."""
        try:
            await self._take_in(message)
        except DatabaseUnavailable as error:  # it is in the history
            log.warning(self.not_taken_in, room_id=message.channel.id, error=error)
        except Exception:
            log.exception("message not taken in", message_id=message.id)
            faults = self._faults[message.id] = self._faults.get(message.id, 0) + 1
            if faults >= MOST_FAULTS:
                del self._faults[message.id]
                return True
        else:
            self._faults.pop(message.id, None)
            return True
        self.lost(message)
        return False

    def _is_away(self, room_id: int) -> bool:
        """Return whether the server is not there yet: it is caught up with when it is."""
        guild_id = self._bot.rooms.get(room_id)
        return guild_id is not None and self.reachable_guild(guild_id) is None

    def _may_read(self, room_id: int) -> bool:
        """Return whether the history is open: of a closed one Discord says that it is empty."""
        guild = self.reachable_guild(self._bot.rooms[room_id])
        channel = guild.get_channel(room_id) if guild is not None else None
        if guild is None or channel is None:
            return True
        allowed = channel.permissions_for(guild.me)
        return allowed.view_channel and allowed.read_message_history

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
