"""The reviews of turns by moderators: which turns need a look, who looks, and what is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.moderation import Moderator
from bot.domain.search import FoundTurn
from bot.domain.turns import EvaluationState, TurnState
from bot.reasons import Reason, because


class ReviewList(StrEnum):
    """The lists of the review queue."""

    OPEN = "open"  # needs a look, or was given to somebody, and nobody is done with it
    MINE = "mine"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Review:
    """What moderators have done about a turn that needs a look."""

    turn_id: int
    taken_by: Moderator | None = None
    done_at: datetime | None = None


def reasons_to_review(found: FoundTurn, flagged_from: int) -> list[Reason]:
    """Return why a turn needs a look; the database's counterpart is `needs_review`."""
    turn = found.turn
    reasons: list[Reason] = []
    if turn.state is TurnState.WITHHELD:
        reasons.append(because("no reply was sent"))
    if turn.evaluation is EvaluationState.FAILED:
        reasons.append(because("it was not scored"))
    if found.worst is not None and found.worst >= flagged_from:
        reasons.append(because("a score of {score}", score=found.worst))
    if found.hurt:
        reasons.append(because("a member says that it hurt them, or was wrong"))
    return reasons
