"""The readings that evaluations take from what agents say: one place each, whatever the method."""

from __future__ import annotations

from typing import Final

from bot.domain import Review, Scores
from bot.domain.scores import EMPATHETIC

_DANGER: Final = 100.0


def works_on(review: Review) -> bool:
    """Return whether the Therapist lets a draft go no further as it is."""
    return review.something_left or review.in_danger


def unfit_reading(review: Review) -> float:
    """Return how unfit to send the Therapist finds a draft; higher is worse, 0 is fine.

    From its graded reading where it has one, and each finding that would hurt; else from its typed
    findings: something left to work on, each harm, and the wish to see the change.
    """
    if review.in_danger:
        return _DANGER
    if review.fit is not None:
        return (100 - review.fit) / 100 + sum(found.hurts for found in review.harms)
    return float(review.something_left + len(review.harms) + review.wants_to_see)


def empathetic_reading(scores: Scores) -> int | None:
    """Return the Critic's *empathetic*, 0-100; None where it does not give it."""
    return scores.empathetic


def scale_values(scores: Scores) -> dict[str, int]:
    """Return what an evaluation keeps of a Critic's scores, *empathetic* among them if given."""
    values = dict(scores.values)
    empathetic = empathetic_reading(scores)
    return values if empathetic is None else {**values, EMPATHETIC: empathetic}
