"""The last few lines of each person, in memory: a sign may need the lines before to be one."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from typing import Final

MAX_LINES: Final = 4
"""Lines of a person that are kept besides the one that is judged."""
KEPT_SECONDS: Final = 30 * 60.0
"""After which a line says nothing of the next any more."""
MAX_PEOPLE: Final = 5_000
"""People whose lines are kept at once; who has been silent for longest is forgotten first."""
MAX_CHARACTERS: Final = 1_000
"""Of a line."""

Key = tuple[int, int]


class RecentLines:
    """What each person said lately in each room, bounded; nothing of it is ever stored."""

    def __init__(self) -> None:
        self._lines: OrderedDict[Key, deque[tuple[float, int, str]]] = OrderedDict()

    def with_line(self, room_id: int, author_id: int, message_id: int, text: str) -> list[str]:
        """Return the person's last lines with this one at the end, and remember it.

        A message that is known (it was edited) takes its own line's place.
        """
        now = time.monotonic()
        key = (room_id, author_id)
        lines = self._lines.pop(key, None) or deque(maxlen=MAX_LINES + 1)
        fresh = [
            (at, known_id, line)
            for at, known_id, line in lines
            if now - at < KEPT_SECONDS and known_id != message_id
        ]
        fresh.append((now, message_id, text[:MAX_CHARACTERS]))
        self._lines[key] = deque(fresh, maxlen=MAX_LINES + 1)
        while len(self._lines) > MAX_PEOPLE:
            self._lines.popitem(last=False)
        return [line for _, _, line in fresh[-MAX_LINES - 1 : -1]] + [text]

    def forget(self, author_id: int) -> None:
        """Forget what that person said, in every room."""
        for key in [key for key in self._lines if key[1] == author_id]:
            del self._lines[key]
