"""Loops of discord.py that keep their pace when the wall clock is set.

The library's own sleep until a time of day: a clock that is set back by ten minutes stops them
for as long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

from discord.ext import tasks
from discord.utils import MISSING, utcnow

Work = Callable[[Any], Coroutine[Any, Any, None]]


class SteadyLoop(tasks.Loop[Work]):
    """A loop that sleeps for seconds of the monotonic clock, after each time that it has run."""

    def __get__(self, owner: Any, kind: type[Any]) -> tasks.Loop[Work]:
        """Return the loop of that object, which is one of this kind too."""
        copy = super().__get__(owner, kind)
        copy.__class__ = SteadyLoop
        return copy

    def _try_sleep_until(self, _: datetime) -> asyncio.Future[Any]:
        later = utcnow() + timedelta(seconds=self.seconds or 0)
        slept: asyncio.Future[Any] = super()._try_sleep_until(later)
        return slept


def steady_loop(seconds: float) -> Callable[[Work], tasks.Loop[Work]]:
    """Make a method a loop: again ``seconds`` after each end."""

    def make(work: Work) -> tasks.Loop[Work]:
        return SteadyLoop(work, seconds=seconds, hours=MISSING, minutes=MISSING, time=MISSING,
                          count=None, reconnect=True, name=None)  # fmt: skip

    return make
