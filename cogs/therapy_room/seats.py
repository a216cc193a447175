"""The Therapist's seats, and whether who sits there still may.

Discord tells of members' roles only bots with a privileged intent, which this one does without. So
it asks about the person, one at a time, when it matters.
"""

from __future__ import annotations

import asyncio

import discord
import structlog

from bot.client.bot import FourRoomsBot
from bot.domain import Room, TurnState
from bot.reasons import because
from bot.rooms.audit import NoSuchRoom
from cogs.shared.access import moderates
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)


class Seats:
    """The seats of all Chat Rooms in which a person is the Therapist."""

    def __init__(self, bot: FourRoomsBot) -> None:
        self._bot = bot
        self._one_by_one = asyncio.Lock()

    async def look_at(self, room_id: int) -> None:
        """Free a room's seat if who sits there has left or is no moderator of it any more."""
        async with self._one_by_one:
            room = await self._bot.stores.rooms.get(room_id)
            if room is None or room.therapist is None:
                return
            name, person_id = room.therapist.name, room.therapist.id
            why = await self._lost(room, person_id, name)
            if why is None:
                return
            log.info("the seat is freed", room_id=room.id, user_id=person_id)
            try:
                await self._bot.control.seat.vacate(room.id, person_id, why)
            except NoSuchRoom:
                log.info("no room any more", room_id=room.id)

    async def look_at_guild(self, guild_id: int) -> None:
        """Look at every seat of a server: a change there may have taken a right away."""
        if guild_id in self._bot.rooms.values():
            for room in await self._bot.stores.rooms.of_guild(guild_id):
                await self.look_at(room.id)

    async def look_at_all(self) -> None:
        """Look at every seat of this process: anything may have changed meanwhile."""
        for guild_id in set(self._bot.rooms.values()):
            await self.look_at_guild(guild_id)

    async def look_at_waiting(self) -> None:
        """Look at the seats for whom a session waits."""
        for room in await self._bot.stores.rooms.all():
            if room.therapist is None or room.id not in self._bot.rooms:
                continue
            turn = await self._bot.stores.turns.open_turn(room.id)
            if turn is not None and turn.state is TurnState.WAITING:
                await self.look_at(room.id)

    async def _lost(self, room: Room, person_id: int, name: str) -> str | None:
        """Return why that person may not sit there; None if they may, or nobody can tell now."""
        guild = self._bot.get_guild(room.guild_id)
        if guild is None or guild.unavailable:
            return None
        try:
            member = await guild.fetch_member(person_id)
        except discord.NotFound:
            return because("{who} has left the server.", who=name)
        except DISCORD_ERRORS as error:
            log.warning("seat not looked at", room_id=room.id, error=error)
            return None
        if moderates(room, member):
            return None
        return because("{who} is no moderator here any more.", who=name)
