"""How long turns wait for a model that is away, and when they are too old to be answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class PatienceTimes:
    """The times of a process."""

    wait: timedelta = timedelta(minutes=10)
    """For which a turn waits for a model that is away."""
    answer: timedelta | None = None
    """The age of what is said after which it is not answered; None: never."""
