"""The memory of rooms: one row a session that worked on something, the latest few."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, exists, func, select

from bot.domain.memory import (
    LATELY,
    MOST_KEPT,
    MOST_LINES,
    MOST_SEEN,
    NOTHING_REMEMBERED,
    RoomMemory,
    SessionMemory,
)
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.privacy_tables import privacy_choices
from bot.storage.database.tables import rooms, utterances
from bot.storage.database.therapy_tables import memories
from bot.storage.database.upsert import upsert

_OF_ROOM: Final = (
    select(memories)
    .where(
        memories.c.room_id == bindparam("room_id"),
        memories.c.at >= bindparam("since", type_=UtcDateTime),
    )
    .order_by(memories.c.turn_id.desc())
    .limit(MOST_KEPT)
)
_BEYOND: Final = (
    select(memories.c.turn_id)
    .where(memories.c.room_id == bindparam("room_id"))
    .order_by(memories.c.turn_id.desc())
    .limit(1)
    .offset(MOST_KEPT)
)


class MemoryStore:
    """What rooms remember of their sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, memory: SessionMemory, *, guild_id: int) -> None:
        """Keep what a session worked on; the room's oldest goes if it has too many.

        The person stays in it only if they have agreed to that.
        """
        values = {
            "room_id": memory.room_id,
            "themes": json.dumps(memory.themes),
            "keep_in_mind": memory.keep_in_mind,
            "at": memory.at,
        }
        async with self._database.write() as connection:
            said = exists().where(utterances.c.turn_id == memory.turn_id)
            if not await connection.scalar(select(said)):
                return  # it was forgotten meanwhile
            agreed = select(privacy_choices.c.memory).where(
                privacy_choices.c.user_id == (memory.person_id or 0),
                privacy_choices.c.guild_id == guild_id,
            )
            values["person_id"] = memory.person_id if await connection.scalar(agreed) else None
            await connection.run_sync(upsert, memories, {"turn_id": memory.turn_id}, values)
            beyond = await connection.scalar(_BEYOND, {"room_id": memory.room_id})
            if beyond is not None:
                old = memories.c.turn_id <= beyond
                here = memories.c.room_id == memory.room_id
                await connection.execute(memories.delete().where(here, old))

    async def of_room(self, room_id: int, person_id: int | None = None) -> RoomMemory:
        """Return what a room remembers for a turn that answers that person, if it is one."""
        kept = await self._database.fetch(partial(memories_of, room_id=room_id))
        return room_memory(kept, person_id)

    async def of_person(self, person_id: int, guild_id: int) -> Sequence[SessionMemory]:
        """Return what a server's rooms remember of a person, newest first."""
        query = (
            select(memories)
            .join(rooms, rooms.c.id == memories.c.room_id)
            .where(rooms.c.guild_id == guild_id, memories.c.person_id == person_id)
            .order_by(memories.c.turn_id.desc())
        )
        async with self._database.read() as connection:
            return [_memory(row) for row in await connection.execute(query)]

    async def count(self, room_id: int) -> int:
        """Return how many sessions a room remembers."""
        query = select(func.count()).where(memories.c.room_id == room_id)
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def clear(self, room_id: int) -> int:
        """Forget all that a room remembers; return how many sessions that were."""
        gone = memories.delete().where(memories.c.room_id == room_id)
        async with self._database.write() as connection:
            return (await connection.execute(gone)).rowcount

    async def forget_person(self, person_id: int, guild_id: int) -> int:
        """Delete what is remembered of a person in a server; return how many sessions it was."""
        here = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
        theirs = memories.c.person_id == person_id
        gone = memories.delete().where(theirs, memories.c.room_id.in_(here))
        async with self._database.write() as connection:
            return (await connection.execute(gone)).rowcount


def memories_of(connection: Connection, room_id: int) -> list[SessionMemory]:
    """Return a room's latest sessions of the last while, newest first, within a wider look."""
    keys = {"room_id": room_id, "since": datetime.now(UTC) - LATELY}
    return [_memory(row) for row in connection.execute(_OF_ROOM, keys)]


def room_memory(kept: Sequence[SessionMemory], person_id: int | None) -> RoomMemory:
    """Return what is remembered for a turn that answers that person, of a room's sessions."""
    if not kept:
        return NOTHING_REMEMBERED
    lines = dict.fromkeys(one.keep_in_mind for one in kept if one.keep_in_mind)
    theirs = [one for one in kept if person_id is not None and one.person_id == person_id]
    return RoomMemory(tuple(kept[:MOST_SEEN]), tuple(theirs[:MOST_SEEN]), tuple(lines)[:MOST_LINES])


def _memory(row: Row[Any]) -> SessionMemory:
    return SessionMemory(
        turn_id=row.turn_id,
        room_id=row.room_id,
        themes=tuple(json.loads(row.themes)),
        keep_in_mind=row.keep_in_mind,
        at=row.at,
        person_id=row.person_id,
    )
