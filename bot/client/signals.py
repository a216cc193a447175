"""The system's signals to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

STOP: Final = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Yield an event that SIGINT or SIGTERM sets; afterwards they do again what they did before.

    Where the loop cannot handle signals (not in the main thread, not on this system) it is never
    set.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in STOP:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in STOP:
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)
