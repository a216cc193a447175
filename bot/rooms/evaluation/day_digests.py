"""The digest a day at the hour that a server sets: when it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from bot.domain import Room
from bot.storage.stores.stores import Stores

LATE: Final = timedelta(hours=12)
"""How long after its hour a digest comes yet, where the bot was not there in time."""


class DayDigests:
    """The maker of the daily digests of rooms, each once a day."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
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
            if until is not None and await self._stores.digests.make_day(room.id, until):
                made.append(room.id)
        self._looked = hour  # last: whatever failed is looked at again
        return made


def due_at(room: Room, now: datetime) -> datetime | None:
    """Return the end of the day whose digest is due in a room now (UTC); None if none is."""
    hour = room.settings.digest_hour
    if hour is None or room.simulated:
        return None
    until = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    if until > now:
        until -= timedelta(days=1)
    return until if now - until < LATE else None
