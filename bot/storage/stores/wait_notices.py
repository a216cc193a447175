"""The notices given to people who wait for a moderator, so that nobody gets one twice."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, exists, func, literal, or_, select

from bot.storage.database.data_classes import NOBODY
from bot.storage.database.database import Database
from bot.storage.database.notice_tables import away_notices, delay_notices, pause_notices
from bot.storage.database.tables import messages
from bot.storage.database.upsert import upsert

MOST_TOLD: Final = 20
"""People who are told at once: more may follow a little later."""


class WaitNoticeStore:
    """The people who were told of a pause, and the turns whose delay was told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def told_of_pause(self, room_id: int, resumed_at: datetime | None) -> set[int]:
        """Return the ids of the people who were told of the pause that began after that resume."""
        query = select(pause_notices.c.person_id).where(
            pause_notices.c.room_id == room_id,
            pause_notices.c.resumed_at.is_not_distinct_from(resumed_at),
        )
        async with self._database.read() as connection:
            return set(await connection.scalars(query))

    async def note_pause(self, room_id: int, resumed_at: datetime | None, person_id: int) -> None:
        """Note that a person is told of that pause; who was told of an earlier one is forgotten."""
        earlier = pause_notices.delete().where(
            pause_notices.c.room_id == room_id,
            pause_notices.c.resumed_at.is_distinct_from(resumed_at),
        )
        key = {"room_id": room_id, "person_id": person_id}
        async with self._database.write() as connection:
            await connection.execute(earlier)
            await connection.run_sync(upsert, pause_notices, key, {"resumed_at": resumed_at})

    async def untold_of_outage(self, room_id: int, turn_id: int) -> list[tuple[int, int]]:
        """Return who waits in a room and was not told why: author and latest message."""
        waits = or_(
            messages.c.turn_id == turn_id,
            and_(messages.c.turn_id.is_(None), messages.c.set_aside_at.is_(None)),
        )
        told = select(away_notices.c.person_id).where(away_notices.c.turn_id == turn_id)
        query = (
            select(messages.c.author_id, func.max(messages.c.id).label("message_id"))
            .where(messages.c.room_id == room_id, waits, messages.c.author_id.not_in(told))
            .where(messages.c.author_id != NOBODY)
            .group_by(messages.c.author_id)
            .limit(MOST_TOLD)
        )
        async with self._database.read() as connection:
            return [(row.author_id, row.message_id) for row in await connection.execute(query)]

    async def note_outage(self, turn_id: int, person_id: int) -> None:
        """Note that a person is told that their answer waits: they need no other notice of it."""
        theirs = select(
            exists().where(messages.c.turn_id == turn_id, messages.c.author_id == person_id)
        )
        async with self._database.write() as connection:
            key = {"turn_id": turn_id, "person_id": person_id}
            await connection.execute(away_notices.insert().values(key))
            if await connection.scalar(theirs):
                await connection.run_sync(_note_delay, turn_id)

    async def note_delay(self, turn_id: int) -> bool:
        """Note that the delay of a turn is told to those it answers; False if it was before."""
        authors = select(literal(turn_id), messages.c.author_id).distinct()
        authors = authors.where(messages.c.turn_id == turn_id, messages.c.author_id != NOBODY)
        note_authors = away_notices.insert().from_select(["turn_id", "person_id"], authors)
        async with self._database.write() as connection:
            if not await connection.run_sync(_note_delay, turn_id):
                return False
            await connection.execute(note_authors)
        return True


def _note_delay(connection: Connection, turn_id: int) -> bool:
    """Note that a turn's delay is told; False if it was noted before."""
    if connection.scalar(select(exists().where(delay_notices.c.turn_id == turn_id))):
        return False
    connection.execute(delay_notices.insert().values(turn_id=turn_id))
    return True
