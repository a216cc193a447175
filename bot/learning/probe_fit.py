"""The fit of a linear probe to labelled replies: logistic regressions, levelled by folds.

What is reported of it comes from replies that the part which scored them had not seen: themes
are dealt into folds, so that no talk of a theme is on both sides. The final weights are fitted on
all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

import numpy as np

from bot.agents.probes.linear_probe import ANY, DIRECTIONS, Direction, by_harm
from bot.domain import HARMS
from bot.evaluation.datasets.datasets import GoldenRow
from bot.stats.classification import auroc

Array: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

FOLDS: Final = 10
STRENGTHS: Final = (1.0, 10.0, 100.0, 300.0, 1000.0, 3000.0)
"""Penalties that are tried, as the variance that a weight is expected to have.

The few numbers of answers want a small one, the many of a state of length 1 a large one.
"""
_STEPS: Final = 30
"""Newton's steps; it is there after ten."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted probe, and what it is worth on unseen replies (0-1)."""

    directions: dict[str, Direction]
    strength: float
    area: dict[str, float]
    """Area under the curve: of any harm by the worst score, and of each harm."""
    recall: float
    false_alarms: float


def fit_probe(vectors: Array, rows: Sequence[GoldenRow], false_alarms: float) -> Fitted:
    """Return a probe of what was read of those rows, with the best of `STRENGTHS`.

    A score of 50 is where that share (0-1) of unseen harmless replies is flagged.

    ValueError where there are not enough rows of each harm and of none to deal into folds.
    """
    labels = _labels(rows)
    if min(labels.sum(axis=0)) < FOLDS or (labels[:, 0] == 0).sum() < FOLDS:
        raise ValueError(f"at least {FOLDS} replies of each harm, and harmless ones, are needed")
    # In the rows' own space there are fewer unknowns than the vectors have numbers.
    space = np.linalg.svd(vectors, full_matrices=False)[2].T
    folds, features = _folds(rows), vectors @ space
    tried = {strength: _unseen(features, labels, folds, strength) for strength in STRENGTHS}
    best = max(STRENGTHS, key=lambda strength: _areas(tried[strength], labels)[ANY])
    unseen, slopes = _levelled(tried[best], labels, false_alarms)
    directions = {
        name: direction_of(space, fit_balanced(features, labels[:, at], best), slopes[at])
        for at, name in enumerate(DIRECTIONS)
    }
    worst, harmful = unseen[:, 0], labels[:, 0] > 0
    return Fitted(
        directions=directions,
        strength=best,
        area=_areas(unseen, labels),
        recall=float((worst[harmful] >= 0).mean()),
        false_alarms=float((worst[~harmful] >= 0).mean()),
    )


def _labels(rows: Sequence[GoldenRow]) -> Array:
    """Return for each row whether it is of each of `DIRECTIONS`: 0 or 1."""
    harms = np.array([[getattr(row, harm) for harm in HARMS] for row in rows], dtype=float)
    return np.column_stack([harms.max(axis=1), harms])


def _folds(rows: Sequence[GoldenRow]) -> Array:
    """Return each row's fold: themes, largest first, go to the emptiest one."""
    themes = [row.theme or row.conversation[0].text for row in rows]
    sizes = {theme: themes.count(theme) for theme in themes}
    filled, fold_of = [0] * FOLDS, {}
    for theme in sorted(sizes, key=lambda name: (-sizes[name], name)):
        fold_of[theme] = filled.index(min(filled))
        filled[fold_of[theme]] += sizes[theme]
    return np.array([fold_of[theme] for theme in themes], dtype=float)


def unseen_odds(
    features: Array, labels: Array, folds: Array, fit: Callable[[Array, Array], Array]
) -> Array:
    """Return log-odds of each row by what ``fit`` makes of the rows outside its fold.

    ``fit`` takes features and labels, and gives weights and, last, the bias.
    """
    odds = np.zeros(len(labels))
    for fold in np.unique(folds):
        out = folds == fold
        weights = fit(features[~out], labels[~out])
        odds[out] = features[out] @ weights[:-1] + weights[-1]
    return odds


def _unseen(features: Array, labels: Array, folds: Array, strength: float) -> Array:
    fit = partial(fit_balanced, strength=strength)
    each = [unseen_odds(features, labels[:, at], folds, fit) for at in range(len(DIRECTIONS))]
    return np.column_stack(each)


def fit_balanced(features: Array, labels: Array, strength: float) -> Array:
    """Return weights and bias of a logistic regression, both classes of the same weight."""
    share = labels.mean()
    care = np.where(labels > 0, 0.5 / share, 0.5 / (1 - share))
    return fit_logistic(features, labels, care, strength)


def fit_logistic(features: Array, labels: Array, care: Array, strength: float) -> Array:
    """Return weights and, last, the bias of a logistic regression.

    ``labels`` are 0 to 1, between them as of rows that are so in part; ``care`` is the weight of
    each row, and ``strength`` one of `STRENGTHS`.
    """
    features = np.hstack([features, np.ones((len(labels), 1))])
    hold = np.full(features.shape[1], 1 / strength)
    hold[-1] = 1e-9  # the bias is free
    weights = np.zeros(features.shape[1])
    for _ in range(_STEPS):
        likely = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        slope = features.T @ (care * (likely - labels)) + hold * weights
        bend = (features * (care * likely * (1 - likely))[:, None]).T @ features + np.diag(hold)
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-6:
            break
    return weights


def _levelled(
    odds: Array, labels: Array, false_alarms: float
) -> tuple[Array, list[tuple[float, float]]]:
    """Return the odds on a fair scale, and the way there: by direction a factor and an addend.

    What was fitted is too sure of itself on what it has not seen (Platt 1999). Then the direction
    of any harm is moved, until that share of the harmless replies is at 50 or above.
    """
    steps = []
    for at in range(len(DIRECTIONS)):
        factor, added = fit_balanced(odds[:, [at]], labels[:, at], 1e6)
        steps.append((float(factor), float(added)))
    fair = np.column_stack(
        [odds[:, at] * factor + added for at, (factor, added) in enumerate(steps)]
    )
    shift = float(np.quantile(fair[labels[:, 0] == 0, 0], 1 - false_alarms))
    fair[:, 0] -= shift
    return fair, [(steps[0][0], steps[0][1] - shift), *steps[1:]]


def direction_of(space: Array, weights: Array, level: tuple[float, float]) -> Direction:
    """Return fitted weights in the space of what was read, on the scale of a factor and addend."""
    factor, added = level
    turned = space @ weights[:-1] * factor
    return Direction.of(float(weights[-1] * factor + added), [float(weight) for weight in turned])


def _areas(odds: Array, labels: Array) -> dict[str, float]:
    """Return the areas under the curve as scores have them: each harm against harmless replies."""
    scores = [by_harm(dict(zip(DIRECTIONS, row, strict=True))) for row in odds]
    harmless = labels[:, 0] == 0
    areas = {ANY: auroc(list(odds[~harmless, 0]), list(odds[harmless, 0])) or 0.0}
    for at, harm in enumerate(HARMS, start=1):
        own = np.array([row[harm] for row in scores])
        areas[harm] = auroc(list(own[labels[:, at] > 0]), list(own[harmless])) or 0.0
    return areas
