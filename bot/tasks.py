"""Tasks that exist only while there is work: one per key, started and joined by `wake`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

KeyT = TypeVar("KeyT", bound=Hashable)


class KeyedTasks(Generic[KeyT]):
    """The tasks that run ``work(key)`` again and again while it says True, one a key.

    A `wake` that comes during work is not lost: the work is looked at once more before the task
    ends. An exception ends the task and is logged; whoever wakes the key next tries again.
    """

    def __init__(self, name: str, work: Callable[[KeyT], Awaitable[bool]]) -> None:
        self._name = name
        self._work = work
        self._tasks: dict[KeyT, asyncio.Task[None]] = {}
        self._again: set[KeyT] = set()
        self._closed = False

    def wake(self, key: KeyT) -> None:
        """See to it that the key's work is being done."""
        if self._closed:
            return
        if key in self._tasks:
            self._again.add(key)
            return
        self._tasks[key] = asyncio.create_task(self._run(key), name=f"{self._name} {key}")

    def busy(self, key: KeyT) -> bool:
        """Return whether a task for that key exists."""
        return key in self._tasks

    async def settled(self) -> None:
        """Return once no task is left; new work that arrives meanwhile is waited for too."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Start no more tasks, and cancel those there are."""
        self._closed = True
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: KeyT) -> None:
        try:
            while True:
                self._again.discard(key)
                goes_on = await self._work(key)
                # No await between this look and the task's end: a wake cannot fall between.
                if not goes_on and key not in self._again:
                    return
        except Exception:  # a task's edge
            log.exception("worker failed", worker=self._name, key=str(key))
        finally:
            del self._tasks[key]
