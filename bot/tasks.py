"""Tasks that exist only while there is work: one per key, started and joined by `wake`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

KeyT = TypeVar("KeyT", bound=Hashable)

FIRST_WAIT: Final = 15.0
"""Seconds after a second failure in a row; the first may be chance, and is tried again at once."""
LONGEST_WAIT: Final = 600.0
"""Seconds. Work that always fails may ask a model each time, before it does."""
CHECK_WAIT: Final = 60.0
"""Seconds at most while the check before a try fails, which costs nothing."""
MOST_FAILED: Final = 10_000
"""Keys whose failures are remembered: some are never woken again."""
QUIET_SECONDS: Final = 60.0
"""In which an error of one kind is logged once: what fails for one key often does for all."""


@dataclass(slots=True)
class _Failures:
    """The failures of a key in a row, and the time of the next try (monotonic seconds)."""

    count: int = 0
    until: float = 0.0
    timer: asyncio.TimerHandle | None = None


class KeyedTasks(Generic[KeyT]):
    """The tasks that run ``work(key)`` again and again while it says True, one a key.

    A `wake` that comes during work is not lost: the work is looked at once more before the task
    ends. An exception ends the task and is logged; a wake tries again, from the second failure
    in a row on after growing waits.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[KeyT], Awaitable[bool]],
        *,
        before_retry: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Take the work; ``before_retry`` has to go through before what failed is tried again."""
        self._name = name
        self._work = work
        self._before_retry = before_retry
        self._tasks: dict[KeyT, asyncio.Task[None]] = {}
        self._again: set[KeyT] = set()
        self._failed: dict[KeyT, _Failures] = {}
        self._repeats = RepeatFilter()
        self._closed = False

    def wake(self, key: KeyT) -> None:
        """See to it that the key's work is being done, once its wait after failures is over."""
        if self._closed:
            return
        if key in self._tasks:
            self._again.add(key)
            return
        failures = self._failed.get(key)
        seconds = failures.until - time.monotonic() if failures else 0.0
        if failures is None or seconds <= 0:
            self._tasks[key] = asyncio.create_task(self._run(key), name=f"{self._name} {key}")
        elif failures.timer is None:
            loop = asyncio.get_running_loop()
            failures.timer = loop.call_later(seconds, self._wake_after_wait, key)

    def busy(self, key: KeyT) -> bool:
        """Return whether a task for that key exists."""
        return key in self._tasks

    @property
    def is_idle(self) -> bool:
        """Return whether no task is left."""
        return not self._tasks

    async def settled(self) -> None:
        """Return once no task is left; new work that arrives meanwhile is waited for too.

        What waits after failures is not.
        """
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Start no more tasks, and cancel those there are."""
        self._closed = True
        for failures in self._failed.values():
            if failures.timer is not None:
                failures.timer.cancel()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: KeyT) -> None:
        # What whoever woke it had to say of a turn is not true of the work that is done here.
        structlog.contextvars.clear_contextvars()
        longest = CHECK_WAIT
        try:
            if key in self._failed and self._before_retry is not None:
                await self._before_retry()
            longest = LONGEST_WAIT
            while True:
                self._again.discard(key)
                goes_on = await self._work(key)
                self._failed.pop(key, None)
                # No await between this look and the task's end: a wake cannot fall between.
                if not goes_on and key not in self._again:
                    return
        except Exception as error:  # a task's edge
            failures, wait = self._note_failure(key, longest)
            if (left_out := self._repeats.note(error)) is not None:
                log.exception(
                    "worker failed",
                    worker=self._name,
                    key=str(key),
                    failures=failures,
                    next_try=wait,
                    left_out=left_out,
                )
        finally:
            del self._tasks[key]

    def forget_failures(self, key: KeyT) -> None:
        """Try again at once when the key is woken: somebody says that it is mended."""
        failures = self._failed.pop(key, None)
        if failures is not None and failures.timer is not None:
            failures.timer.cancel()

    def _note_failure(self, key: KeyT, longest: float) -> tuple[int, float]:
        """Return how often the key has failed in a row, and the seconds until its next try."""
        if len(self._failed) >= MOST_FAILED:
            self.forget_failures(next(iter(self._failed)))
        failures = self._failed.setdefault(key, _Failures())
        failures.count += 1
        exponent = min(failures.count - 2, 20)
        wait = min(FIRST_WAIT * 2.0**exponent, longest) if exponent >= 0 else 0.0
        failures.until = time.monotonic() + wait
        return failures.count, wait

    def _wake_after_wait(self, key: KeyT) -> None:
        if key in self._failed:
            self._failed[key].timer = None
        self.wake(key)


class RepeatFilter:
    """The errors that come again and again: one of each kind is worth a line a minute."""

    def __init__(self) -> None:
        self._quiet_until: dict[type[Exception], float] = {}
        self._left_out: dict[type[Exception], int] = {}

    def note(self, error: Exception) -> int | None:
        """Return how many of its kind were left out since one was logged; None to leave it out."""
        kind, now = type(error), time.monotonic()
        if now < self._quiet_until.get(kind, 0.0):
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return None
        self._quiet_until[kind] = now + QUIET_SECONDS
        return self._left_out.pop(kind, 0)
