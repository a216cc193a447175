"""Rate limits, for those who want to feel them: none unless given.

Discord's own are not documented; about five messages in five seconds a channel is what is seen.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.sandbox.server.faults import matches


@dataclass(frozen=True, slots=True)
class RateLimit:
    """So many requests in so many seconds, for each channel, guild or webhook by itself."""

    requests: int
    seconds: float


@dataclass(slots=True)
class _Bucket:
    used: int = 0
    until: float = 0.0


@dataclass(slots=True)
class LimitDecision:
    """The decision of a limit on a request; ``retry_after`` is 0 where it may pass."""

    headers: dict[str, str]
    retry_after: float = 0.0


@dataclass(slots=True)
class RateLimits:
    """Limits by pattern (as in `faults.Fault`); the first that fits a request counts."""

    rules: Mapping[str, RateLimit]
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)

    def take(self, method: str, path: str) -> LimitDecision | None:
        """Count a request; return None where no limit fits it."""
        for pattern, limit in self.rules.items():
            if matches(pattern, method, path):
                return self._count(pattern, limit, path)
        return None

    def _count(self, pattern: str, limit: RateLimit, path: str) -> LimitDecision:
        now = time.time()
        major = "/".join(path.strip("/").split("/")[:2])
        bucket = self._buckets.setdefault((pattern, major), _Bucket())
        if now >= bucket.until:
            bucket.used, bucket.until = 0, now + limit.seconds
        over = bucket.used >= limit.requests
        bucket.used += not over
        left = bucket.until - now
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Remaining": str(limit.requests - bucket.used),
            "X-RateLimit-Reset": f"{bucket.until:.3f}",
            "X-RateLimit-Reset-After": f"{left:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(pattern.encode()).hexdigest()[:32],
        }
        return LimitDecision(headers, left if over else 0.0)
