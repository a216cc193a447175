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
from discord.ext import commands

from bot.client.bot import FourRoomsBot
from bot.client.steady_loop import steady_loop
from bot.storage.database.troubles import DatabaseUnavailable
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)
HistoryT = TypeVar("HistoryT")

FIRST_WAIT: Final = 1.0
"""Seconds until a history that could not be read is tried again; doubled at each further time."""
LONGEST_WAIT: Final = 60.0
LOOK_BACK_SECONDS: Final = 60.0
"""How often all rooms are looked at whose history may be open by now."""
READ_SECONDS: Final = 30.0
"""What the reading of one room may take, so that the others are read too."""


class RoomCatchUp(ABC):
    """The reader of what was missed in rooms, one room after the other."""

    not_read: ClassVar[str]
    not_taken_in: ClassVar[str]
    """The lines in the log, where Discord did not give a history, or it was of no use."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self.one_by_one = asyncio.Lock()
        """Held while histories are read."""
        self._unread: dict[int, int] = {}
        """Rooms whose history could not be read, each with how often in a row."""
        self._timers: dict[int, asyncio.TimerHandle] = {}
        self._trying: set[asyncio.Task[None]] = set()
        self._ended = False

    @abstractmethod
    def hold_back(self, room_ids: Iterable[int]) -> None:
        """Leave what comes in for these rooms from now on until their history has been read."""

    def begin_anew(self, room_ids: Iterable[int]) -> None:
        """Do the same where a connection has just begun anew."""
        self.hold_back(room_ids)

    @abstractmethod
    async def read_room(self, room_id: int) -> None:
        """Take in what was missed in a room; from then on it is heard at once."""

    async def catch_up(self, guild_id: int | None = None) -> None:
        """Take in what was missed, then what was held back: in all servers, or in one."""
        room_ids = [room for room, guild in self._bot.rooms.items() if guild_id in (None, guild)]
        self.hold_back(room_ids)
        await self._read_rooms(room_ids)

    @abstractmethod
    async def look_back(self) -> None:
        """Look whether something can be read by now that could not be, and is not tried again."""

    def close(self) -> None:
        """Try nothing again, whatever fails by that."""
        self._ended = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for task in self._trying:
            task.cancel()

    def is_unread(self, room_id: int) -> bool:
        """Return whether the room's history could not be read, and is tried again."""
        return room_id in self._unread

    async def try_to_read(self, room_id: int, reading: Awaitable[HistoryT]) -> HistoryT | None:
        """Return what ``reading`` gives; None, with a line in the log, where it fails.

        It is tried again after 1, 2, 4 seconds and so on, at most a minute apart.
        """
        try:
            async with asyncio.timeout(READ_SECONDS):
                made = await reading
        except DISCORD_ERRORS as error:  # a time that is up among them
            log.warning(self.not_read, room_id=room_id, error=error)
        except Exception:  # one room's trouble is not the others'
            log.exception(self.not_taken_in, room_id=room_id)
        else:
            self._unread.pop(room_id, None)
            return made
        self.try_later(room_id)
        return None

    def try_later(self, room_id: int) -> None:
        """Read the room once more after its wait."""
        if self._ended:
            return
        failures = self._unread[room_id] = self._unread.get(room_id, 0) + 1
        if (timer := self._timers.pop(room_id, None)) is not None:
            timer.cancel()
        wait = min(FIRST_WAIT * 2.0 ** min(failures - 1, 20), LONGEST_WAIT)
        loop = asyncio.get_running_loop()
        self._timers[room_id] = loop.call_later(wait, self.read_soon, room_id)

    def read_soon(self, room_id: int) -> None:
        """Read the room in a task of its own."""
        self._timers.pop(room_id, None)
        if self._ended:
            return
        task = asyncio.create_task(self._read_rooms([room_id]), name=f"read room {room_id}")
        self._trying.add(task)
        task.add_done_callback(self._trying.discard)

    def reachable_guild(self, guild_id: int) -> discord.Guild | None:
        """Return the server, if it is in this process's care and not in an outage."""
        guild = self._bot.get_guild(guild_id)
        return None if guild is None or guild.unavailable else guild

    async def _read_rooms(self, room_ids: Iterable[int]) -> None:
        async with self.one_by_one:
            for room_id in tuple(room_ids):
                try:
                    await self.read_room(room_id)
                except DatabaseUnavailable as error:  # the others wait for their history, too
                    log.warning(self.not_taken_in, room_id=room_id, error=error)
                    self.try_later(room_id)


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
        self.missed.close()
        self.bot.ports.catch_ups.remove(self.missed.catch_up)

    @steady_loop(LOOK_BACK_SECONDS)
    async def look_back(self) -> None:
        """Look whether more can be read by now."""
        await self.missed.look_back()

    @commands.Cog.listener()
    async def on_connect(self) -> None:
        """Put what was said before a new connection first."""
        self.missed.begin_anew(self.bot.rooms)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Catch up with a server after an outage; at the start the bot sees to all of them."""
        if self.bot.is_ready():
            await self.missed.catch_up(guild.id)
