"""The agreement of raters: Krippendorff's alpha, with missing ratings, and Cohen's kappa.

Sources: J. Cohen, "A coefficient of agreement for nominal scales" (1960); K. Krippendorff,
"Computing Krippendorff's Alpha-Reliability" (2011), whose worked example of four observers and
twelve units is a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from bot.stats.intervals import DRAWS, Estimate, estimate_of_sums

Metric = Literal["nominal", "ordinal", "interval"]
_Ratings = NDArray[np.float64]

RATERS_AT_LEAST: Final = 2
"""A unit that fewer have rated says nothing about agreement and is left out."""


def krippendorff_alpha(
    ratings: Sequence[Sequence[float | None]], metric: Metric = "interval"
) -> float | None:
    """Return the agreement of raters (rows) over units (columns), as `alpha_of_units` does.

    Raises ValueError if the rows differ in length.
    """
    if len({len(row) for row in ratings}) > 1:
        raise ValueError("each rater needs one entry (a number or None) per unit")
    return alpha_of_units(list(zip(*ratings, strict=True)), metric)


def alpha_of_units(
    units: Sequence[Sequence[float | None]], metric: Metric = "interval"
) -> float | None:
    """Return the agreement on units (rows) of raters (columns): 1 perfect, 0 chance, below 0 worse.

    Use *ordinal* for bands and *interval* for scores 0-100. None marks a missing rating. The
    result is None where alpha is not defined: no unit with two ratings, or no variation at all.
    In a closed form, as a bootstrap has no time to go through the pairs of ratings.
    """
    ratings = np.asarray(units, dtype=float)  # None becomes NaN
    if ratings.size == 0:
        return None
    counts = (~np.isnan(ratings)).sum(axis=1)
    ratings, counts = ratings[counts >= RATERS_AT_LEAST], counts[counts >= RATERS_AT_LEAST]
    if ratings.size == 0:
        return None
    points = _points(ratings, metric)
    total = int(counts.sum())
    expected = float(_spread(points.sum(axis=(0, 1)), (points**2).sum(axis=(0, 1)), total))
    if expected == 0:
        return None
    within = _spread(points.sum(axis=1), (points**2).sum(axis=1), counts[:, None])
    observed = float((within / (counts - 1)).sum()) / total
    return 1 - observed / (expected / (total * (total - 1)))


def pairs_alpha_estimate(
    clusters: Mapping[str, Sequence[tuple[float, float]]], *, seed: int, draws: int = DRAWS
) -> Estimate | None:
    """Return alpha (interval) of two raters, with what `estimate` gives for its bounds.

    Many times as fast: of each cluster it needs four sums.
    """
    pairs = {name: np.asarray(of_one, dtype=float) for name, of_one in clusters.items() if of_one}
    if not pairs:
        return None
    least = min(float(of_one.min()) for of_one in pairs.values())
    sums = {name: _sums_of_pairs(of_one - least) for name, of_one in pairs.items()}
    items = sum(map(len, pairs.values()))
    return estimate_of_sums(sums, _alpha_of_sums, items=items, seed=seed, draws=draws)


def cohen_kappa(marks: Sequence[tuple[bool, bool]]) -> float | None:
    """Return the agreement of two raters on yes or no: 1 perfect, 0 chance, below 0 worse.

    The result is None where it is not defined: no marks, or both raters say but one thing.
    """
    if not marks:
        return None
    agreed = sum(first == second for first, second in marks) / len(marks)
    yes_first = sum(first for first, _ in marks) / len(marks)
    yes_second = sum(second for _, second in marks) / len(marks)
    chance = yes_first * yes_second + (1 - yes_first) * (1 - yes_second)
    return None if chance == 1 else (agreed - chance) / (1 - chance)


def _spread(sums: _Ratings, squares: _Ratings, counts: int | NDArray[np.int64]) -> _Ratings:
    """Return half of the squared distances between all of some points, added up."""
    return np.asarray((counts * squares - sums**2).sum(axis=-1), dtype=float)


def _points(ratings: _Ratings, metric: Metric) -> _Ratings:
    """Return ratings as points whose squared distance is the metric's; a missing one is at 0."""
    if metric == "interval":  # from the least on: ratings that are all alike have no spread at all
        return np.nan_to_num(ratings - np.nanmin(ratings))[:, :, None]
    values, counts = np.unique(ratings[~np.isnan(ratings)], return_counts=True)
    if metric == "nominal":
        return np.asarray(ratings[:, :, None] == values, dtype=float)
    # The middle of a value's block of ranks: differences of these are Krippendorff's sums over
    # the ranks between two values, less half of either end.
    ranks = np.append(np.cumsum(counts) - counts / 2, 0)
    return np.asarray(ranks[np.searchsorted(values, ratings)], dtype=float)[:, :, None]


def _sums_of_pairs(pairs: _Ratings) -> list[float]:
    """Return ratings, their sum, their squares, and the squared distances within pairs."""
    apart = pairs[:, 0] - pairs[:, 1]
    return [pairs.size, float(pairs.sum()), float((pairs**2).sum()), float((apart**2).sum())]


def _alpha_of_sums(sums: _Ratings) -> _Ratings:
    """Return alpha by `_sums_of_pairs`, row by row; NaN where ratings are all alike."""
    total, added, squares, within = sums.T
    expected = total * squares - added**2
    # What is left of ratings that are all alike is the rounding of large numbers.
    expected[expected <= 1e-12 * total * squares] = np.nan
    return np.asarray(1 - within * (total - 1) / expected)
