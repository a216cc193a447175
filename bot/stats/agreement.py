"""How far raters agree: Krippendorff's alpha, with missing ratings.

Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), whose worked example
of four observers and twelve units is a test.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

Metric = Literal["nominal", "ordinal", "interval"]
_Distance = Callable[[float, float], float]

RATERS_AT_LEAST: Final = 2
"""A unit that fewer have rated says nothing about agreement and is left out."""


def krippendorff_alpha(
    ratings: Sequence[Sequence[float | None]], metric: Metric = "interval"
) -> float | None:
    """Agreement of raters (rows) over units (columns): 1 perfect, 0 chance, below 0 worse.

    Use *ordinal* for bands and *interval* for scores 0-100. None marks a missing rating. The
    result is None where alpha is not defined: no unit with two ratings, or no variation at all.
    Raises ValueError if the rows differ in length.
    """
    if len({len(row) for row in ratings}) > 1:
        raise ValueError("each rater needs one entry (a number or None) per unit")
    units = [[value for value in unit if value is not None] for unit in zip(*ratings, strict=True)]
    pairable = [unit for unit in units if len(unit) >= RATERS_AT_LEAST]
    totals = Counter(value for unit in pairable for value in unit)
    distance = _distance(metric, totals)
    expected = _expected(totals, distance)
    return None if expected == 0 else 1 - _observed(pairable, distance) / expected


def _observed(units: Sequence[Sequence[float]], distance: _Distance) -> float:
    """Mean distance of ratings within units; each unit weighs as many as it has ratings."""
    total = sum(
        sum(distance(one, other) for one in unit for other in unit) / (len(unit) - 1)
        for unit in units
    )
    return total / max(1, sum(len(unit) for unit in units))


def _expected(totals: Mapping[float, int], distance: _Distance) -> float:
    """Mean distance of any two ratings, whatever unit they belong to."""
    count = sum(totals.values())
    if count < RATERS_AT_LEAST:
        return 0.0
    total = sum(
        totals[one] * totals[other] * distance(one, other) for one in totals for other in totals
    )
    return total / (count * (count - 1))


def _distance(metric: Metric, totals: Mapping[float, int]) -> _Distance:
    if metric == "nominal":
        return lambda one, other: float(one != other)
    if metric == "interval":
        return lambda one, other: (one - other) ** 2
    rank: dict[float, float] = {}
    below = 0
    for value in sorted(totals):
        # The middle of a value's block of ranks: differences of these are Krippendorff's
        # sums over the ranks between two values, less half of either end.
        rank[value] = below + totals[value] / 2
        below += totals[value]
    return lambda one, other: (rank[one] - rank[other]) ** 2
