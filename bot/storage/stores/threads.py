"""The therapy threads of Chat Rooms, one a day."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import bindparam, select

from bot.storage.database.database import Database
from bot.storage.database.therapy_tables import therapy_threads
from bot.storage.database.upsert import upsert

_MOST_THREADS: Final = 1000
_THREAD: Final = select(therapy_threads.c.thread_id).where(
    therapy_threads.c.room_id == bindparam("room_id"), therapy_threads.c.day == bindparam("day")
)


class ThreadStore:
    """The therapy threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads: dict[tuple[int, date], int] = {}

    async def thread_of(self, room_id: int, day: date) -> int | None:
        """Return the room's therapy thread of that day (UTC), if there is one."""
        thread_id = self._threads.get((room_id, day))
        if thread_id is None:
            keys = {"room_id": room_id, "day": day}
            thread_id = await self._database.fetch(lambda look: look.scalar(_THREAD, keys))
            if thread_id is not None:
                self._threads.setdefault((room_id, day), thread_id)
        return thread_id

    async def room_of_thread(self, thread_id: int) -> int | None:
        """Return the room whose therapy thread that is, if it is one."""
        query = select(therapy_threads.c.room_id).where(therapy_threads.c.thread_id == thread_id)
        async with self._database.read() as connection:
            room_id: int | None = await connection.scalar(query)
        return room_id

    async def keep_thread(self, room_id: int, day: date, thread_id: int) -> None:
        """Remember the room's therapy thread of that day, in place of any other."""
        key = {"room_id": room_id, "day": day}
        async with self._database.write() as connection:
            await connection.run_sync(upsert, therapy_threads, key, {"thread_id": thread_id})
        if len(self._threads) >= _MOST_THREADS:
            self._threads.clear()
        self._threads[room_id, day] = thread_id
