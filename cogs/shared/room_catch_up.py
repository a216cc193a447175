"""Catching up: what was said while nobody listened, read from the history room by room.

A connection that begins anew brings nothing of what was said before it, but at once what is said
after it. So until a room's history has been read, what comes in live is held back.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Iterable
from typing import ClassVar, Final, TypeVar

import discord
import structlog
from discord.ext import commands, tasks

from bot.client.bot import FourRoomsBot
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)
HistoryT = TypeVar("HistoryT")

LOOK_BACK_SECONDS: Final = 60.0
"""How often a history that could not be read is tried again."""


class RoomCatchUp(ABC):
    """The reader of what was missed in rooms, one room after the other."""

    not_read: ClassVar[str]
    not_taken_in: ClassVar[str]
    """The lines in the log, where Discord did not give a history, or it was of no use."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self.one_by_one = asyncio.Lock()
        """Held while histories are read."""
        self._unread: set[int] = set()

    @abstractmethod
    def hold_back(self, room_ids: Iterable[int]) -> None:
        """Leave what comes in for these rooms from now on until their history has been read."""

    @abstractmethod
    async def read_room(self, room_id: int) -> None:
        """Take in what was missed in a room; from then on it is heard at once."""

    def rooms_to_retry(self) -> Iterable[int]:
        """Return the rooms whose history Discord did not give."""
        return self._unread

    async def catch_up(self, guild_id: int | None = None) -> None:
        """Take in what was missed, then what was held back: in all servers, or in one."""
        room_ids = [room for room, guild in self._bot.rooms.items() if guild_id in (None, guild)]
        self.hold_back(room_ids)
        await self._read_rooms(room_ids)

    async def look_back(self) -> None:
        """Try again where something could not be read or taken in."""
        await self._read_rooms(self.rooms_to_retry())

    async def try_to_read(self, room_id: int, reading: Awaitable[HistoryT]) -> HistoryT | None:
        """Return what ``reading`` gives; None, with a line in the log, where it fails."""
        self._unread.discard(room_id)
        try:
            return await reading
        except DISCORD_ERRORS as error:
            self._unread.add(room_id)
            log.warning(self.not_read, room_id=room_id, error=error)
        except Exception:  # one room's trouble is not the others'
            log.exception(self.not_taken_in, room_id=room_id)
        return None

    def reachable_guild(self, guild_id: int) -> discord.Guild | None:
        """Return the server, if it is in this process's care and not in an outage."""
        guild = self._bot.get_guild(guild_id)
        return None if guild is None or guild.unavailable else guild

    async def _read_rooms(self, room_ids: Iterable[int]) -> None:
        async with self.one_by_one:
            for room_id in tuple(room_ids):
                await self.read_room(room_id)


class CatchUpCog(commands.Cog):
    """A cog that catches up: after each new connection and each outage, and where it failed."""

    bot: FourRoomsBot
    missed: RoomCatchUp

    async def cog_load(self) -> None:
        """Have the bot catch up when it is connected."""
        self.bot.ports.catch_ups.append(self.missed.catch_up)
        self.look_back.start()

    async def cog_unload(self) -> None:
        """Catch up no more."""
        self.look_back.cancel()
        self.bot.ports.catch_ups.remove(self.missed.catch_up)

    @tasks.loop(seconds=LOOK_BACK_SECONDS)
    async def look_back(self) -> None:
        """Try again to read what could not be read."""
        await self.missed.look_back()

    @commands.Cog.listener()
    async def on_connect(self) -> None:
        """Put what was said before a new connection first."""
        self.missed.hold_back(self.bot.rooms)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Catch up with a server after an outage; at the start the bot sees to all of them."""
        if self.bot.is_ready():
            await self.missed.catch_up(guild.id)
