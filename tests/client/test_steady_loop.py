"""Loops whose pace is the monotonic clock's, wherever the wall clock is set."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from bot.client.steady_loop import SteadyLoop, steady_loop


class Clockwork:
    @steady_loop(5)
    async def tick(self) -> None:
        """Nothing."""


async def test_a_wall_clock_that_is_set_back_does_not_stop_it() -> None:
    ticking = Clockwork().tick
    assert isinstance(ticking, SteadyLoop)
    # For the library, a clock set back puts the next turn that far ahead.
    ticking._try_sleep_until(datetime.now(UTC) + timedelta(minutes=10))
    handle = ticking._handle
    assert handle is not None
    seconds = handle.handle.when() - asyncio.get_running_loop().time()
    handle.cancel()
    assert 4 < seconds < 6
