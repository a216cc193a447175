"""Faults on demand: the mishaps that a bot has to live with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any


class Drop(StrEnum):
    """The moment at which a request's connection is cut."""

    BEFORE = "before"  # nothing was done
    AFTER = "after"  # it was done, the answer is lost


@dataclass(slots=True)
class Fault:
    """A mishap of the next ``times`` requests that match ``pattern``.

    ``pattern`` is ``METHOD /path`` below ``/api/v10``; ``*`` stands for one part of a path or for
    any method, ``**`` for all the rest. ``delay`` is in seconds, before anything else. The first
    ``skip`` matching requests are left alone.
    """

    pattern: str
    times: int | None = 1
    skip: int = 0
    delay: float = 0.0
    status: int | None = None
    code: int = 0
    message: str = ""
    drop: Drop | None = None
    retry_after: float = 0.0
    scope: str = "user"
    via: bool = True
    """True where a 429 comes from Discord; without the header it is Cloudflare's ban."""
    hits: int = field(default=0, init=False)
    """The number of requests it has struck."""

    def matches(self, method: str, path: str) -> bool:
        """Return whether a request is of this fault's kind."""
        return matches(self.pattern, method, path)

    def body(self) -> dict[str, Any]:
        """Return the JSON of the error that it answers."""
        if self.status == 429:
            limited = "You are being rate limited."
            return {
                "message": self.message or limited,
                "retry_after": self.retry_after,
                "global": self.scope == "global",
            }
        return {"message": self.message or f"{self.status}: fault", "code": self.code}

    def headers(self) -> dict[str, str]:
        """Return the headers that go with it."""
        if self.status != 429:
            return {}
        headers = {
            "Retry-After": str(max(1, round(self.retry_after))),
            "X-RateLimit-Scope": self.scope,
        }
        return {**headers, "Via": "1.1 sandbox"} if self.via else headers


class Faults:
    """The faults that are waiting, oldest first; each request meets at most one."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Let a fault wait for its requests."""
        self._waiting.append(fault)
        return fault

    def fail(
        self,
        pattern: str,
        status: int,
        *,
        times: int | None = 1,
        skip: int = 0,
        code: int = 0,
        message: str = "",
    ) -> Fault:
        """Answer an error; nothing is done. ``code`` is Discord's numeric code, for 4xx."""
        return self.add(Fault(pattern, times, skip, status=status, code=code, message=message))

    def limit(
        self,
        pattern: str,
        retry_after: float,
        *,
        times: int | None = 1,
        scope: str = "user",
        via: bool = True,
    ) -> Fault:
        """Answer 429; ``scope`` is user, global or shared."""
        return self.add(
            Fault(pattern, times, status=429, retry_after=retry_after, scope=scope, via=via)
        )

    def delay(self, pattern: str, seconds: float, *, times: int | None = 1) -> Fault:
        """Do it, but only after a while."""
        return self.add(Fault(pattern, times, delay=seconds))

    def lose_request(self, pattern: str, *, times: int | None = 1, skip: int = 0) -> Fault:
        """Cut the connection before anything is done."""
        return self.add(Fault(pattern, times, skip, drop=Drop.BEFORE))

    def lose_answer(self, pattern: str, *, times: int | None = 1, skip: int = 0) -> Fault:
        """Do what was asked, then cut the connection instead of answering."""
        return self.add(Fault(pattern, times, skip, drop=Drop.AFTER))

    def remove(self, fault: Fault) -> None:
        """Call a fault off; one that is already used up is no error."""
        if fault in self._waiting:
            self._waiting.remove(fault)

    def clear(self) -> None:
        """Call every fault off."""
        self._waiting.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this request, counted and, at its last time, gone."""
        for fault in self._waiting:
            if not fault.matches(method, path):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.hits += 1
            if fault.times is not None and fault.hits >= fault.times:
                self._waiting.remove(fault)
            return fault
        return None


def matches(pattern: str, method: str, path: str) -> bool:
    """Return whether ``METHOD /path`` fits a pattern as `Fault` describes it."""
    wanted, _, route = pattern.partition(" ")
    return wanted in ("*", method) and _compiled(route).fullmatch(path.strip("/")) is not None


@lru_cache(maxsize=1024)
def _compiled(route: str) -> re.Pattern[str]:
    parts = [
        ".*" if part == "**" else "[^/]+" if part == "*" else re.escape(part)
        for part in route.strip("/").split("/")
    ]
    return re.compile("/".join(parts))
