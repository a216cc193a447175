"""The digest a day at the hour that a server sets: when it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain import Room
from bot.rooms.evaluation.day_looks import DayLooks, LooksAtDays
from bot.storage.stores.stores import Stores
from bot.tasks import KeyedTasks

LATE: Final = timedelta(hours=12)
"""How long after its hour a digest comes yet, where the bot was not there in time."""


class DayDigests:
    """The maker of the daily digests of rooms, each once a day.

    Where a ``critic`` looks at days, it is asked first, off the clock's path.
    """

    def __init__(self, stores: Stores, critic: LooksAtDays | None = None) -> None:
        self._stores = stores
        self._looks = None if critic is None else DayLooks(stores, critic)
        self._due: dict[int, datetime] = {}
        """By room: the end of the day that is being looked at."""
        self.workers = KeyedTasks[int]("day looks", self._look_at, before_retry=stores.try_storing)
        self._looked: datetime | None = None
        """The hour in which the rooms were last looked at."""

    async def look(self, now: datetime, is_own: Callable[[int], bool]) -> list[int]:
        """Put what is due on its way, at the first look in each hour; return the rooms of it."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour == self._looked:
            return []
        made: list[int] = []
        for room in await self._stores.rooms.all():
            until = due_at(room, now) if is_own(room.id) else None
            if until is not None and await self._make(room.id, until):
                made.append(room.id)
        self._looked = hour  # last: whatever failed is looked at again
        return made

    async def _make(self, room_id: int, until: datetime) -> bool:
        """Put a room's digest on its way, now or once the Critic has looked at the day."""
        if self._looks is None:
            return await self._stores.digests.make_day(room_id, until)
        due = await self._stores.digests.is_day_due(room_id, until)
        if due:
            self._due[room_id] = until
            self.workers.wake(room_id)
        return due

    async def _look_at(self, room_id: int) -> bool:
        until = self._due[room_id]
        if self._looks is not None:
            await self._looks.take(room_id, until)
        await self._stores.digests.make_day(room_id, until)
        return False


def due_at(room: Room, now: datetime) -> datetime | None:
    """Return the end of the day whose digest is due in a room now (UTC); None if none is."""
    hour = room.settings.digest_hour
    if hour is None or room.simulated:
        return None
    until = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if until > now:
        until -= timedelta(days=1)
    return until if now - until < LATE else None
