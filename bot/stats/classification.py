"""The area under the curve: how well scores tell labelled texts apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def auroc(positives: Sequence[float], negatives: Sequence[float]) -> float | None:
    """Return how often a positive scores above a negative, 0-1; a tie counts half.

    None without either.
    """
    if not positives or not negatives:
        return None
    low = np.sort(np.asarray(negatives, dtype=float))
    high = np.asarray(positives, dtype=float)
    below = np.searchsorted(low, high, side="left")
    up_to = np.searchsorted(low, high, side="right")
    return float((below + up_to).sum()) / (2 * len(high) * len(low))
