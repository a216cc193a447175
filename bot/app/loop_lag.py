"""How late the event loop is: what nobody notices until everybody waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_EVERY: Final = 0.5
"""Seconds between two looks at the clock."""
_KEPT_SECONDS: Final = 60.0
"""For how long a delay is remembered: longer than Prometheus takes between two readings."""


class LoopLag:
    """The delays of the event loop within the last minute, while `watch` is open."""

    def __init__(self) -> None:
        self._delays: deque[tuple[float, float]] = deque()
        self._due: float | None = None

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Look twice a second how late the running loop is."""
        loop = asyncio.get_running_loop()
        timer: asyncio.TimerHandle

        def tick() -> None:
            nonlocal timer
            self._note(loop.time())
            self._due = loop.time() + _EVERY
            timer = loop.call_at(self._due, tick)

        tick()
        try:
            yield
        finally:
            timer.cancel()
            self._due = None

    def worst(self) -> float:
        """Return the greatest delay in seconds, one that still goes on with it; 0 for none."""
        if self._due is not None:
            # A block that has just ended: whoever asks may come before the late look does.
            self._note(asyncio.get_running_loop().time())
        return max((delay for _, delay in self._delays), default=0.0)

    def _note(self, now: float) -> None:
        while self._delays and now - self._delays[0][0] > _KEPT_SECONDS:
            self._delays.popleft()
        if self._due is not None and now > self._due:
            self._delays.append((now, now - self._due))
