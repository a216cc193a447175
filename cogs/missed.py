"""What was said in the Chat Rooms while nobody listened.

A connection that begins anew brings nothing of what was said before it, but at once what is said
after it. The history tells the former, counted from the newest message known: so until a room's
history has been read, what comes in is held back, or it would pass for the newest one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import discord
import structlog

from bot.client import FourRoomsBot
from cogs.delivery import DISCORD_ERRORS
from cogs.reading import by_a_person

log = structlog.get_logger(__name__)

MOST_CAUGHT_UP: Final = 200
"""The newest messages of a room that are looked through after a time away."""


class Missed:
    """Catches up with rooms, and holds back what comes in meanwhile."""

    def __init__(
        self, bot: FourRoomsBot, take_in: Callable[[discord.Message], Awaitable[None]]
    ) -> None:
        self._bot = bot
        self._take_in = take_in
        self._held: dict[int, list[discord.Message]] = {}
        self._since: dict[int, int] = {}
        """Rooms with a gap: the last message known before it."""
        self._one_by_one = asyncio.Lock()

    def hold_back(self, rooms: Iterable[int]) -> None:
        """From now on what is said in these rooms waits for `catch_up`."""
        for room_id in rooms:
            self._held.setdefault(room_id, [])

    def hold(self, message: discord.Message) -> bool:
        """Whether the message waits for its room's history."""
        held = self._held.get(message.channel.id)
        if held is None:
            return False
        held.append(message)
        return True

    def lost(self, message: discord.Message) -> None:
        """The message could not be taken in: `look_back` finds it in the history."""
        before = message.id - 1
        self._since[message.channel.id] = min(before, self._since.get(message.channel.id, before))

    async def catch_up(self, guild_id: int | None = None) -> None:
        """Takes in what was missed, then what was held back: in all servers, or in one."""
        rooms = [room for room, guild in self._bot.rooms.items() if guild_id in (None, guild)]
        self.hold_back(rooms)
        await self._see_to(rooms)

    async def look_back(self) -> None:
        """Tries again where something could not be read or taken in."""
        await self._see_to(self._since)

    async def _see_to(self, rooms: Iterable[int]) -> None:
        async with self._one_by_one:
            for room_id in tuple(rooms):
                try:
                    await self._read_history(room_id)
                except DISCORD_ERRORS as error:
                    log.warning("history not read", room_id=room_id, error=repr(error))
                except Exception:  # one room's trouble is not the others'
                    log.exception("history not taken in", room_id=room_id)
                await self._release(room_id)

    async def _read_history(self, room_id: int) -> None:
        since = self._since.get(room_id) or await self._bot.stores.rooms.last_seen(room_id)
        if since is None or not self._may_have_missed(room_id, since):
            return
        self._since[room_id] = since
        missed = await self._said_since(room_id, since)
        answered = self._answered_among(missed)
        for message in missed:
            if by_a_person(message) and message.id not in answered:
                await self._take_in(message)
        if missed:
            await self._bot.stores.rooms.see(room_id, missed[-1].id)
            log.info("caught up", room_id=room_id, messages=len(missed))
        del self._since[room_id]

    async def _release(self, room_id: int) -> None:
        """Lets in what was held back; from then on the room is heard at once."""
        while held := self._held.get(room_id):
            message = held.pop(0)
            try:
                await self._take_in(message)
            except Exception:  # it is in the history
                log.exception("message not taken in", room_id=room_id, message_id=message.id)
                self.lost(message)
        self._held.pop(room_id, None)

    def _may_have_missed(self, room_id: int, since: int) -> bool:
        """Whether the room is in this process's care and has anything newer."""
        guild = self._bot.get_guild(self._bot.rooms[room_id])
        if guild is None or guild.unavailable:
            return False
        channel = guild.get_channel(room_id)
        newest = channel.last_message_id if isinstance(channel, discord.TextChannel) else None
        return newest is None or newest > since

    async def _said_since(self, room_id: int, since: int) -> list[discord.Message]:
        """The newest messages after ``since``, oldest first."""
        # With its server, or what is read would pass for direct messages.
        guild_id = self._bot.rooms[room_id]
        channel = self._bot.get_partial_messageable(room_id, guild_id=guild_id)
        history = channel.history(
            limit=MOST_CAUGHT_UP, after=discord.Object(since), oldest_first=False
        )
        return [message async for message in history][::-1]

    def _answered_among(self, messages: list[discord.Message]) -> set[int]:
        """The messages that an own reply among ``messages`` refers to."""
        me = self._bot.user
        return {
            message.reference.message_id
            for message in messages
            if me and message.author.id == me.id
            if message.reference and message.reference.message_id
        }
