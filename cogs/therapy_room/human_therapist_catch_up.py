"""What the person in the Therapist's seat wrote in the thread while nobody listened.

A connection that begins anew brings nothing of what was said before it, but at once what is said
after it. So until the thread of a waiting turn has been read, what comes in live is left to its
history, which has it too, in its order. What has been heard stands on the record with its message's
id: nothing is heard twice.
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
from cogs.shared.delivery import DISCORD_ERRORS
from cogs.therapy_room.cog import day_of

log = structlog.get_logger(__name__)

MOST_READ: Final = 100
"""The newest messages of a thread that are looked through: those of one round are few."""

Speak = Callable[[Room, discord.Member, Sequence[discord.Message]], Awaitable[None]]
"""Takes what that member wrote as the Therapist's part of a round."""


class TherapistCatchUp:
    """Reads the threads in which a turn waits for a person, after a time away."""

    def __init__(self, bot: FourRoomsBot, speak: Speak) -> None:
        self._bot = bot
        self._speak = speak
        self._behind: set[int] = set()
        self._failed: set[int] = set()
        """Rooms whose thread could not be read."""

    def hold_back(self, rooms: Iterable[int]) -> None:
        """From now on what is said to these rooms' sessions is left to `catch_up`."""
        self._behind.update(rooms)

    def left_to_history(self, room_id: int) -> bool:
        """Whether what comes in live for that room will be read in the thread's history."""
        return room_id in self._behind

    async def catch_up(self, guild_id: int | None = None) -> None:
        """Takes in what was missed: in all servers, or in one."""
        rooms = [room for room in await self._bot.stores.rooms.all() if not room.simulated]
        await self._see_to(room for room in rooms if guild_id in (None, room.guild_id))

    async def look_back(self) -> None:
        """Tries again where a thread could not be read."""
        if self._failed:
            known = [await self._bot.stores.rooms.get(room_id) for room_id in self._failed]
            await self._see_to([room for room in known if room is not None])

    async def _see_to(self, rooms: Iterable[Room]) -> None:
        for room in rooms:
            # What comes in from here on may be missing in the history that is read now.
            self._behind.discard(room.id)
            self._failed.discard(room.id)
            try:
                await self._read_thread(room)
            except DISCORD_ERRORS as error:
                self._failed.add(room.id)
                log.warning("therapy thread not read", room_id=room.id, error=repr(error))
            except Exception:  # one room's trouble is not the others'
                log.exception("therapy thread not taken in", room_id=room.id)

    async def _read_thread(self, room: Room) -> None:
        guild = self._bot.get_guild(room.guild_id)
        if room.therapist is None or guild is None or guild.unavailable:
            return
        turn = await self._bot.stores.turns.open_turn(room.id)
        if turn is None or turn.state is not TurnState.WAITING:
            return
        thread_id = await self._bot.stores.rooms.thread_of(room.id, day_of(turn))
        if thread_id is None:
            return
        heard = await self._bot.control.seat.heard_last(turn.id)
        theirs = await self._unheard(room.therapist.id, guild, thread_id, heard)
        if theirs:
            await self._hear(room, guild, theirs)

    async def _unheard(
        self, person_id: int, guild: discord.Guild, thread_id: int, heard: int
    ) -> list[discord.Message]:
        """What that person wrote after the bot's last post there: it shows what waits for them."""
        # With its server, or what is read would pass for direct messages.
        thread = self._bot.get_partial_messageable(thread_id, guild_id=guild.id)
        unheard: list[discord.Message] = []
        async for message in thread.history(limit=MOST_READ):  # newest first
            if message.id <= heard or message.author == self._bot.user:
                break
            if message.author.id == person_id and by_a_person(message):
                unheard.insert(0, message)
        return unheard

    async def _hear(
        self, room: Room, guild: discord.Guild, said: Sequence[discord.Message]
    ) -> None:
        """A history does not tell what its authors may do: that is asked for."""
        try:
            member = await guild.fetch_member(said[0].author.id)
        except discord.NotFound:
            return  # they have left the server
        if moderates(room, member):
            log.info("caught up with the Therapist", room_id=room.id, messages=len(said))
            await self._speak(room, member, said)
