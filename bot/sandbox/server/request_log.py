"""A log of every REST request that the sandbox got: for tests, benchmarks and the curious."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final

from bot.sandbox.server.faults import matches

KEPT: Final = 10_000
"""Requests remembered, the oldest are forgotten first."""


@dataclass(slots=True)
class LoggedRequest:
    """One request. Times are on the monotonic clock, in seconds; ``size`` is the body's bytes."""

    number: int
    method: str
    path: str
    """Below ``/api/v10``, without the query."""
    began: float = field(default_factory=time.monotonic)
    size: int = 0
    body: Any = None
    """The parsed JSON, None where there was none."""
    status: int | None = None
    """None while under way, and where the answer was dropped."""
    seconds: float = 0.0

    def __str__(self) -> str:
        status = "…" if self.status is None else self.status
        return f"{self.method} {self.path} {status}"


@dataclass(slots=True, eq=False)
class _Waiter:
    """Somebody who waits for requests, and those that have ended."""

    pattern: str
    since: int
    count: int
    ended: list[LoggedRequest]
    is_done: asyncio.Event = field(default_factory=asyncio.Event)

    def look_at(self, request: LoggedRequest) -> None:
        """Note a request that has just ended, if it is one of those."""
        if request.number > self.since and matches(self.pattern, request.method, request.path):
            self.ended.append(request)
            if len(self.ended) >= self.count:
                self.is_done.set()


class RequestLog:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=KEPT)
        self._number = 0
        self._waiters: list[_Waiter] = []

    def begin(self, method: str, path: str) -> LoggedRequest:
        """Note a request as it comes in."""
        self._number += 1
        request = LoggedRequest(self._number, method, path)
        self._requests.append(request)
        return request

    def end(self, request: LoggedRequest, status: int | None) -> None:
        """Note how a request ended."""
        request.status = status
        request.seconds = time.monotonic() - request.began
        for waiter in self._waiters:
            waiter.look_at(request)

    @property
    def mark(self) -> int:
        """The number of the latest request: what comes after it is `since` this moment."""
        return self._number

    def since(self, mark: int = 0, pattern: str = "* /**") -> list[LoggedRequest]:
        """Return the requests after a mark that fit a pattern (see `faults.Fault`)."""
        newest_first = takewhile(lambda request: request.number > mark, reversed(self._requests))
        return [one for one in newest_first if matches(pattern, one.method, one.path)][::-1]

    async def wait_for(
        self, pattern: str, *, count: int = 1, since: int = 0, timeout: float = 10.0
    ) -> list[LoggedRequest]:
        """Wait until so many requests that fit the pattern have ended. Raises TimeoutError."""
        ended = [request for request in self.since(since, pattern) if request.seconds]
        if len(ended) >= count:
            return ended
        # Told of each request as it ends: hundreds may wait, and the log is long.
        waiter = _Waiter(pattern, since, count, ended)
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout):
                await waiter.is_done.wait()
        finally:
            self._waiters.remove(waiter)
        return sorted(waiter.ended, key=lambda request: request.number)
