"""The breaker of an endpoint: while it is away, one call at a time looks whether it is back.

Calls that wait for it hold no place, and go on as soon as one has been answered. Nothing is asked
by itself: where nobody waits for an answer, no call goes out.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from bot.domain import Agent, Deadline
from bot.errors import EndpointAway
from bot.llm.health import EndpointHealth
from bot.reasons import because, because_count

log = structlog.get_logger(__name__)

LONGEST_TOLD: Final = 600.0
"""Seconds of an endpoint's own wish to wait that are heeded beyond the growing wait."""
HUNG_COUNTS: Final = 2
"""Failures that a call without any answer counts as: it has taken a minute of somebody's time."""


@dataclass(frozen=True, slots=True)
class BreakerLimits:
    """The failures in a row that open a breaker, and the seconds between two looks."""

    failures: int = 4
    """As many as one question is tried: then its own next try already waits."""
    first_wait: float = 15.0
    longest_wait: float = 60.0


class CircuitBreaker:
    """The breaker of one endpoint, which all calls to it pass."""

    def __init__(self, address: str, limits: BreakerLimits | None = None) -> None:
        self.address = address
        self._limits = limits or BreakerLimits()
        self.away_since: datetime | None = None
        self.failures = 0
        """In a row."""
        self.why = ""
        self._weight = 0
        self._wait = 0.0
        self._next_try = 0.0
        self._prober: asyncio.Task[Any] | None = None
        self._steady_since: float | None = None
        self._changed = asyncio.Event()

    @property
    def is_closed(self) -> bool:
        """Return whether calls go out as they come."""
        return self.away_since is None

    @property
    def is_due(self) -> bool:
        """Return whether the endpoint is away, and a call may look whether it is back."""
        return not self.is_closed and self._prober is None and self.seconds_left <= 0

    @property
    def seconds_left(self) -> float:
        """Return the seconds until the next look; 0 while the endpoint is well."""
        return 0.0 if self.is_closed else max(0.0, self._next_try - time.monotonic())

    def health(self, *agents: Agent) -> EndpointHealth:
        """Return how the endpoint is, for ``agents``."""
        return EndpointHealth(
            address=self.address,
            agents=agents,
            away_since=self.away_since,
            failures=self.failures,
            why=self.why,
            next_try=self.seconds_left,
            is_being_tried=self._prober is not None,
            steady_for=self.steady_for,
        )

    @property
    def steady_for(self) -> float | None:
        """Return for how many seconds it has been well; None before its first answer."""
        since = self._steady_since
        return None if since is None else time.monotonic() - since

    async def wait(self, deadline: Deadline, *, patient: bool = True) -> None:
        """Return once a call may go out.

        Raises EndpointAway at once where none may before the deadline, or without patience.
        """
        while not (self.is_closed or self.is_due):
            remaining = deadline.remaining()
            if not patient or remaining <= self.seconds_left:
                raise EndpointAway(self._in_words())
            changed, probed = self._changed, self._prober is not None
            try:
                async with asyncio.timeout(remaining if probed else self.seconds_left):
                    await changed.wait()
            except TimeoutError:
                continue

    def admit(self) -> bool:
        """Return whether a call may go out now; the one that looks is the task's own then.

        Whoever was admitted has to `release`.
        """
        if self.is_closed:
            return True
        if not self.is_due:
            return False
        self._prober = asyncio.current_task()
        return True

    def release(self) -> None:
        """End what `admit` began; a look that came to nothing leaves it to the next."""
        if self._prober is not None and self._prober is asyncio.current_task():
            self._prober = None
            self._tell()

    def note_answer(self) -> None:
        """Note that the endpoint answered, whatever it said: it is there."""
        if self._steady_since is None or not self.is_closed:
            self._steady_since = time.monotonic()
        if not self.is_closed:
            log.info("endpoint is back", address=self.address, failures=self.failures)
        self.away_since, self.failures, self._weight, self.why = None, 0, 0, ""
        self._prober = None
        self._tell()

    def note_failure(self, why: str, *, hung: bool = False, retry_after: float = 0.0) -> None:
        """Note a failure of the kind that passes.

        ``hung``: no answer came in the time that a call may take. ``retry_after``: seconds for
        which the endpoint wants to be left alone.
        """
        is_look = self._prober is not None and self._prober is asyncio.current_task()
        self.failures += 1
        self._weight += HUNG_COUNTS if hung else 1
        self.why = why
        if is_look or (self.is_closed and self._weight >= self._limits.failures):
            self._open(retry_after)

    def note_hung_look(self, why: str) -> None:
        """Note a call that ran out of its own time: it tells something only of an endpoint away."""
        if self._prober is not None and self._prober is asyncio.current_task():
            self.note_failure(why)

    def _open(self, retry_after: float) -> None:
        limits = self._limits
        if self.away_since is None:
            self.away_since, self._wait = datetime.now(UTC), limits.first_wait
            log.warning("endpoint is away", address=self.address, failures=self.failures)
        else:
            self._wait = min(self._wait * 2, limits.longest_wait)
        self._next_try = time.monotonic() + max(self._wait, min(retry_after, LONGEST_TOLD))
        self._steady_since = None
        self._prober = None
        self._tell()

    def _tell(self) -> None:
        """Let all who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def _in_words(self) -> str:
        since = self.away_since or datetime.now(UTC)
        failed = because_count("{count} call failed", "{count} calls failed", self.failures)
        return because(
            "{address} is away since {since} ({failed}): {why}",
            address=self.address,
            since=f"{since:%H:%M} UTC",
            failed=failed,
            why=self.why,
        )
