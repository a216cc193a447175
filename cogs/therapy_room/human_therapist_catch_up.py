"""Catching up with what the person in the Therapist's seat wrote while nobody listened.

Until the thread of a waiting turn has been read, what comes in live is left to its history, which
has it too, in its order. What has been heard stands on the record with its message's id: nothing
is heard twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Final

import discord
import structlog

from bot.client.bot import FourRoomsBot
from bot.domain import Room, TurnState
from cogs.chat_room.incoming import by_a_person
from cogs.shared.access import moderates
from cogs.shared.room_catch_up import RoomCatchUp
from cogs.therapy_room.threads import TherapyThreads

log = structlog.get_logger(__name__)

MOST_READ: Final = 100
"""The newest messages of a thread that are looked through: those of one round are few."""

Speak = Callable[[Room, discord.Member, Sequence[discord.Message]], Awaitable[None]]
"""Takes what that member wrote as the Therapist's part of a round."""


class TherapistCatchUp(RoomCatchUp):
    """The catch-up with the threads in which a turn waits for a person."""

    not_read = "therapy thread not read"
    not_taken_in = "therapy thread not taken in"

    def __init__(self, bot: FourRoomsBot, threads: TherapyThreads, speak: Speak) -> None:
        super().__init__(bot)
        self._threads = threads
        self._speak = speak
        self._behind: set[int] = set()

    def hold_back(self, room_ids: Iterable[int]) -> None:
        """Leave what is said to these rooms' sessions from now on to `catch_up`."""
        self._behind.update(room_ids)

    def left_to_history(self, room_id: int) -> bool:
        """Return whether what comes in live for that room will be read in the thread's history."""
        return room_id in self._behind

    async def look_back(self) -> None:
        """Look at nothing: what could not be read is tried again by itself."""

    async def read_room(self, room_id: int) -> None:
        """Hear what was written in the thread that waits in a room."""
        # What comes in from here on may be missing in the history that is read now.
        self._behind.discard(room_id)
        await self.try_to_read(room_id, self._read_thread(room_id))

    async def _read_thread(self, room_id: int) -> None:
        room = await self._bot.stores.rooms.get(room_id)
        guild = self.reachable_guild(room.guild_id) if room else None
        if room is None or room.therapist is None or guild is None:
            return
        turn = await self._bot.stores.turns.open_turn(room.id)
        if turn is None or turn.state is not TurnState.WAITING:
            return
        thread_id = await self._threads.find(room, turn)
        if thread_id is None:
            return
        heard_last = await self._bot.control.seat.heard_last(turn.id)
        unheard = await self._unheard(room.therapist.id, guild, thread_id, heard_last)
        if unheard:
            await self._hear(room, guild, unheard)

    async def _unheard(
        self, person_id: int, guild: discord.Guild, thread_id: int, heard_last: int
    ) -> list[discord.Message]:
        """Return what that person wrote after the bot's last post, as it shows what waits."""
        # With its server, or what is read would pass for direct messages.
        thread = self._bot.get_partial_messageable(thread_id, guild_id=guild.id)
        unheard: list[discord.Message] = []
        async for message in thread.history(limit=MOST_READ):  # newest first
            if message.id <= heard_last or message.author == self._bot.user:
                break
            if message.author.id == person_id and by_a_person(message):
                unheard.insert(0, message)
        return unheard

    async def _hear(
        self, room: Room, guild: discord.Guild, messages: Sequence[discord.Message]
    ) -> None:
        """Ask what the author may do, which a history does not tell, and hear them."""
        try:
            member = await guild.fetch_member(messages[0].author.id)
        except discord.NotFound:
            return  # they have left the server
        if moderates(room, member):
            log.info("caught up with the Therapist", room_id=room.id, messages=len(messages))
            await self._speak(room, member, messages)
