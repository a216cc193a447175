"""The retention of a room's words: once a day, older ones are forgotten."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.storage.stores.retention import RetentionStore
from bot.storage.stores.rooms import RoomStore
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

EVERY: Final = timedelta(days=1)
"""Days are what an admin sets, and one to think better of it does no harm."""


class Retention:
    """The forgetting, a little at a time, of what rooms do not want to keep any longer."""

    def __init__(self, rooms: RoomStore, store: RetentionStore) -> None:
        self._rooms = rooms
        self._store = store
        self._next: datetime | None = None
        self._before: dict[int, datetime] = {}
        self._after: dict[int, int] = {}
        self.workers = KeyedTasks[int]("retention", self._forget_some)

    async def look(
        self,
        now: datetime,
        is_own: Callable[[int], bool],
        is_own_server: Callable[[int], bool] = lambda _: True,
    ) -> None:
        """See to the rooms that ``is_own`` names: at the first look, and then once a day.

        Those that are no rooms any more belong to whoever has their server.
        """
        if self._next is not None and now < self._next:
            return
        self._next = now + EVERY
        own = [room for room in await self._rooms.all() if is_own(room.id)]
        removed = [room for room in await self._rooms.removed() if is_own_server(room.guild_id)]
        for room in (*own, *removed):
            days = room.settings.retention_days
            if days is not None:
                self._before[room.id] = now - timedelta(days=days)
                self._after[room.id] = 0
                self.workers.wake(room.id)

    async def _forget_some(self, room_id: int) -> bool:
        """Forget the next few turns; say whether there may be more."""
        forgotten = await self._store.forget(
            room_id, self._before[room_id], after=self._after[room_id]
        )
        log.info(
            "words forgotten", room_id=room_id, turns=forgotten.turns, messages=forgotten.messages
        )
        if forgotten.after is None:
            return False
        self._after[room_id] = forgotten.after
        return True
