"""A log of every REST request that the sandbox got: for tests, benchmarks and the curious."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
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


class RequestLog:
    """The latest requests, oldest first."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=KEPT)
        self._number = 0
        self._listeners: list[Callable[[], None]] = []

    def begin(self, method: str, path: str) -> LoggedRequest:
        """Note a request as it comes in."""
        self._number += 1
        request = LoggedRequest(self._number, method, path)
        self._requests.append(request)
        for tell in tuple(self._listeners):
            tell()
        return request

    def end(self, request: LoggedRequest, status: int | None) -> None:
        """Note how a request ended."""
        request.status = status
        request.seconds = time.monotonic() - request.began
        for tell in tuple(self._listeners):
            tell()

    @property
    def mark(self) -> int:
        """The number of the latest request: what comes after it is `since` this moment."""
        return self._number

    def since(self, mark: int = 0, pattern: str = "* /**") -> list[LoggedRequest]:
        """Return the requests after a mark that fit a pattern (see `faults.Fault`)."""
        return [
            request
            for request in self._requests
            if request.number > mark and matches(pattern, request.method, request.path)
        ]

    async def wait_for(
        self, pattern: str, *, count: int = 1, since: int = 0, timeout: float = 10.0
    ) -> list[LoggedRequest]:
        """Wait until so many requests that fit the pattern have ended. Raises TimeoutError."""
        changed = asyncio.Event()
        self._listeners.append(changed.set)
        try:
            async with asyncio.timeout(timeout):
                while True:
                    ended = [r for r in self.since(since, pattern) if r.seconds]
                    if len(ended) >= count:
                        return ended
                    changed.clear()
                    await changed.wait()
        finally:
            self._listeners.remove(changed.set)
