"""The fit of the reading of how well a reply fits, on labelled drafts of the model itself.

Therapist and Critic get weights of their own, from situations that the other has not seen: what
one of them overlooks the other would, and therapy would look better than it is. What is told of a
fit comes from situations that the part which read them had not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from typing import Final

import numpy as np

from bot.agents.probes.linear_probe import Direction
from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.learning.probe_fit import (
    FOLDS,
    STRENGTHS,
    Array,
    direction_of,
    fit_logistic,
    unseen_odds,
)
from bot.stats.classification import auroc

FALSE_ALARMS: Final = 0.25
"""Share of drafts fit to send, of those unseen, that read below 50: the Therapist works on them."""
_FEWEST: Final = 20
"""Drafts of either kind without which nothing is fitted."""


@dataclass(frozen=True, slots=True)
class FitFigures:
    """How well a reading tells drafts apart; shares and areas are 0-1, None where nothing tells."""

    area: float | None
    """For fit to send, over all drafts."""
    inside: float | None
    """The same among drafts for messages of one kind, all kinds together."""
    order: float | None
    """Share of pairs of one message that it puts in the reader's order."""
    recall: float
    """Share of drafts not fit to send that read below the level."""
    false_alarms: float
    """Share of those fit to send that do."""


@dataclass(frozen=True, slots=True)
class FittedReading:
    """Weights that were fitted, how, and what they are worth on unseen situations."""

    direction: Direction
    strength: float
    figures: FitFigures


def fit_reading(states: Array, rows: Sequence[LabelledDraft]) -> FittedReading:
    """Return the reading of those states, with the best of `STRENGTHS`.

    50 of 100 is where `FALSE_ALARMS` of the unseen drafts fit to send read lower. ValueError where
    there are too few drafts that are fit to send, or that are not.
    """
    sent = np.array([row.send for row in rows])
    if min(sent.sum(), (~sent).sum()) < _FEWEST:
        raise ValueError(f"at least {_FEWEST} drafts fit to send, and as many not, are needed")
    worth = np.array([worth_of(row) for row in rows])
    space = np.linalg.svd(states, full_matrices=False)[2].T
    features, folds = states @ space, _folds(rows)
    tried = {one: _unseen(features, worth, folds, one) for one in STRENGTHS}
    best = max(STRENGTHS, key=lambda one: _quality(tried[one], rows))
    factor, added = _level(tried[best], worth, sent)
    direction = direction_of(space, _fit(features, worth, best), (factor, added))
    return FittedReading(direction, best, figures_of(tried[best] * factor + added, rows))


def worth_of(row: LabelledDraft) -> float:
    """Return what a draft is worth as an answer, 0-1: half for its worth, half for being fit."""
    return 0.5 * row.send + 0.5 * min(1.0, max(0.0, row.label.worth / 4))


def _level(odds: Array, worth: Array, sent: Array) -> tuple[float, float]:
    """Return the factor and the addend that put unseen odds on their scale (Platt 1999)."""
    factor, _ = _fit(odds[:, None], worth, 1e6)
    return float(factor), -float(factor) * float(np.quantile(odds[sent], FALSE_ALARMS))


def figures_of(odds: Array, rows: Sequence[LabelledDraft]) -> FitFigures:
    """Return how well log-odds tell these drafts apart."""
    sent = np.array([row.send for row in rows])
    order = [
        float(odds[a] > odds[b]) + 0.5 * float(odds[a] == odds[b]) for a, b in _ordered_pairs(rows)
    ]
    return FitFigures(
        area=auroc(list(odds[sent]), list(odds[~sent])),
        inside=_inside(odds, rows),
        order=float(np.mean(order)) if order else None,
        recall=float((odds[~sent] < 0).mean()),
        false_alarms=float((odds[sent] < 0).mean()),
    )


def _inside(odds: Array, rows: Sequence[LabelledDraft]) -> float | None:
    """Return the area among pairs of one kind of message: what the kind gives away is left out."""
    by_kind: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        by_kind.setdefault(row.kind, []).append(at)
    right, whole = 0.0, 0
    for places in by_kind.values():
        high = [float(odds[at]) for at in places if rows[at].send]
        low = [float(odds[at]) for at in places if not rows[at].send]
        area, pairs = auroc(high, low), len(high) * len(low)
        right, whole = right + (area or 0.0) * pairs, whole + pairs
    return right / whole if whole else None


def _ordered_pairs(rows: Sequence[LabelledDraft]) -> list[tuple[int, int]]:
    """Return the places of pairs of one situation, the worthier first; none that are alike."""
    by_situation: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        by_situation.setdefault(row.situation, []).append(at)
    pairs = [pair for places in by_situation.values() for pair in combinations(places, 2)]
    worth = [worth_of(row) for row in rows]
    both = [(a, b) if worth[a] > worth[b] else (b, a) for a, b in pairs]
    return [(a, b) for a, b in both if worth[a] > worth[b]]


def _quality(odds: Array, rows: Sequence[LabelledDraft]) -> float:
    figures = figures_of(odds, rows)
    return (figures.area or 0.0) + (figures.order or 0.0)


def _folds(rows: Sequence[LabelledDraft]) -> Array:
    """Return each row's fold, dealt by situation, so that none is on both sides."""
    situations: Mapping[str, int] = {
        name: at % FOLDS for at, name in enumerate(sorted({row.situation for row in rows}))
    }
    return np.array([situations[row.situation] for row in rows], dtype=float)


def _unseen(features: Array, worth: Array, folds: Array, strength: float) -> Array:
    return unseen_odds(features, worth, folds, partial(_fit, strength=strength))


def _fit(features: Array, worth: Array, strength: float) -> Array:
    """Return weights and bias of a logistic regression, all drafts of the same weight."""
    return fit_logistic(features, worth, np.ones(len(worth)), strength)
