"""A mean with its 95 % interval from sums alone, where the values themselves are not at hand."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Final

from bot.stats.intervals import LEVEL, Estimate

_TAIL: Final = (1 + LEVEL) / 2


def mean_of_sums(count: int, total: float, squares: float) -> Estimate | None:
    """Return the mean of ``count`` values of that sum and sum of squares, by Student's t.

    None of nothing; without bounds for one value.
    """
    if not count:
        return None
    mean = total / count
    if count == 1:
        return Estimate(mean, None, None, 1, 1)
    variance = max(0.0, squares - total * mean) / (count - 1)
    half = student_t(count - 1) * math.sqrt(variance / count)
    return Estimate(mean, mean - half, mean + half, count, count)


def student_t(freedom: int) -> float:
    """Return the two-sided 95 % point of Student's t, within half a percent.

    From 3 degrees of freedom on by the series of Cornish and Fisher (Abramowitz and Stegun,
    26.7.5).
    """
    if freedom == 1:
        return math.tan(math.pi * (_TAIL - 0.5))
    if freedom == 2:
        return (2 * _TAIL - 1) / math.sqrt(2 * _TAIL * (1 - _TAIL))
    z = NormalDist().inv_cdf(_TAIL)
    terms = (
        z,
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return math.fsum(term / freedom**power for power, term in enumerate(terms))
