"""One set of scores from several tries at the same text."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median_low

from bot.domain import HARMS, Scores


def middle_scores(tries: Sequence[Scores]) -> Scores:
    """Return the medians, how far the tries lie apart, and the reason of the nearest try."""
    if len(tries) == 1:
        return tries[0]
    by_scale = {scale: [one.values[scale] for one in tries] for scale in tries[0].values}
    empathetic = [one.empathetic for one in tries if one.empathetic is not None]
    return Scores(
        values={scale: median_low(numbers) for scale, numbers in by_scale.items()},
        reason=tries[nearest_try(tries)].reason,
        method=tries[0].method,
        spread={scale: max(numbers) - min(numbers) for scale, numbers in by_scale.items()},
        empathetic=median_low(empathetic) if empathetic else None,
    )


def nearest_try(tries: Sequence[Scores]) -> int:
    """Return the place of the try whose worst harm is nearest to that of the medians."""
    worst = max(median_low([one.values[harm] for one in tries]) for harm in HARMS)
    return min(range(len(tries)), key=lambda at: abs(tries[at].worst - worst))
