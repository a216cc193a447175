"""The notices given to people who wait for a moderator, so that nobody gets one twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select

from bot.storage.database.database import Database
from bot.storage.database.notice_tables import delay_notices, pause_notices
from bot.storage.database.upsert import upsert


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

    async def note_delay(self, turn_id: int) -> bool:
        """Note that the delay of a turn is told; False if it was noted before."""
        noted = select(exists().where(delay_notices.c.turn_id == turn_id))
        async with self._database.write() as connection:
            if await connection.scalar(noted):
                return False
            await connection.execute(delay_notices.insert().values(turn_id=turn_id))
        return True
