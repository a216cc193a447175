"""The turns that wait to be evaluated: handed over as they end, or found in the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable

from bot.domain import Turn


class PendingEvaluations:
    """What is next in each room; the database is asked where it may hold more than was told."""

    def __init__(self, find: Callable[[int], Awaitable[Turn | None]]) -> None:
        """Look for the oldest turn of a room by ``find``."""
        self._find = find
        self._told: defaultdict[int, list[Turn]] = defaultdict(list)
        self._empty: set[int] = set()
        """The rooms of which the database holds nothing more than was told since."""

    def note(self, room_id: int, ended: Turn | None = None) -> None:
        """Note a turn that has just ended and is stored so; without one, that there may be any."""
        if ended is None:
            self._empty.discard(room_id)
            self._told.pop(room_id, None)
        elif room_id in self._empty:
            self._told[room_id].append(ended)

    def may_have(self, room_id: int) -> bool:
        """Return whether something may be left in a room."""
        return room_id not in self._empty or bool(self._told.get(room_id))

    async def next(self, room_id: int) -> Turn | None:
        """Return the oldest turn of a room that waits; None if there is none."""
        if room_id in self._empty:
            told = self._told.get(room_id)
            return told.pop(0) if told else None
        self._empty.add(room_id)  # first: whatever is noted meanwhile takes it back
        found = True
        try:
            turn = await self._find(room_id)
            found = turn is not None
        finally:
            if found:  # or nobody knows, after an error
                self.note(room_id)
        return turn
