"""How well scores tell labelled texts apart: area under the curve, and counts at a threshold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """How often a positive scores above a negative, 0-1; a tie counts half. None without either."""
    if not positives or not negatives:
        return None
    low = np.sort(np.asarray(negatives, dtype=float))
    high = np.asarray(positives, dtype=float)
    below = np.searchsorted(low, high, side="left")
    up_to = np.searchsorted(low, high, side="right")
    return float((below + up_to).sum()) / (2 * len(high) * len(low))


@dataclass(frozen=True, slots=True)
class Confusion:
    """Counts of a yes/no decision against labels."""

    hits: int
    misses: int
    false_alarms: int
    passed: int

    @property
    def n(self) -> int:
        """All decisions."""
        return self.hits + self.misses + self.false_alarms + self.passed

    @property
    def accuracy(self) -> float | None:
        """Share of right decisions."""
        return _share(self.hits + self.passed, self.n)

    @property
    def recall(self) -> float | None:
        """Share of the positives that were found."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def precision(self) -> float | None:
        """Share of the found that are positive."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def false_alarm_rate(self) -> float | None:
        """Share of the negatives that were flagged."""
        return _share(self.false_alarms, self.false_alarms + self.passed)


def confusion(decisions: Iterable[tuple[float, bool]], threshold: float) -> Confusion:
    """Counts over pairs of score and label; a score at or above the threshold says yes."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for score, positive in decisions:
        counts[score >= threshold, positive] += 1
    return Confusion(
        hits=counts[True, True],
        misses=counts[False, True],
        false_alarms=counts[True, False],
        passed=counts[False, False],
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
