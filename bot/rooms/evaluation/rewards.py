"""Rewards: one signed number a turn and source, -1 to 1, that learning can use.

Every reward is an improvement by therapy, ``(before - after) / 100``: *before* is the worst of
the three harms in the draft, as the Critic scored it, and *after* the worst in the reply, as the
source sees it. So a turn that therapy made better counts above 0, one that it made worse below,
and all sources speak of the same thing.

========================  ==========================================================
source                    after
========================  ==========================================================
``critic``                the Critic's score of the reply
``person <id>``           their own score; where they agree, the Critic's; "too harsh"
                          is the Critic's less 25, "too lenient" the Critic's and 25
``member <id>``           0 where a member says that the reply helped, 100 where it hurt them
                          or was wrong
``deleted``               a moderator deleted the reply: the reward is -1
========================  ==========================================================

Where the Critic gave no score of the draft, *before* is taken as 50, the middle of the scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.domain import HARMS, Scores
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.ratings import Rating, RatingKind, Reward

STEP: Final = 25
"""Points by which "too harsh" or "too lenient" moves a score: one anchor of the written scale."""
UNKNOWN: Final = 50
"""Taken for a score that nobody gave."""
DELETED: Final = "deleted"
CRITIC: Final = "critic"

_MOVES: Final = {RatingKind.AGREE: 0, RatingKind.TOO_HARSH: -STEP, RatingKind.TOO_LENIENT: STEP}


def critic_reward(before: Scores | None, after: Scores | None) -> Reward | None:
    """Return the Critic's reward of a turn; None unless it scored both texts."""
    if before is None or after is None:
        return None
    return Reward(CRITIC, _improvement(before.worst, after.worst))


def person_reward(rating: Rating, before: Scores | None, after: Scores | None) -> Reward | None:
    """Return a person's reward of a turn; None if their rating implies no scores."""
    implied = implied_scores(rating, after)
    if implied is None:
        return None
    worst = max(implied[harm] for harm in HARMS)
    value = _improvement(UNKNOWN if before is None else before.worst, worst)
    return Reward(f"person {rating.by.id}", value, rating.kind.value)


def member_reward(given: Feedback, before: Scores | None) -> Reward:
    """Return a member's reward of a turn."""
    after = 0 if given.kind is FeedbackKind.HELPED else 100
    value = _improvement(UNKNOWN if before is None else before.worst, after)
    return Reward(f"member {given.by.id}", value, given.kind.value)


def deleted_reward(reason: str) -> Reward:
    """Return the reward of a reply that had to be deleted."""
    return Reward(DELETED, -1.0, reason)


def implied_scores(rating: Rating, critic: Scores | None) -> Mapping[str, int] | None:
    """Return the scores of a reply that a rating stands for, 0-100 by scale.

    None for one that speaks of the Critic's scores where there are none.
    """
    if rating.kind is RatingKind.RESCORE:
        return rating.values
    if critic is None:
        return None
    move = _MOVES[rating.kind]
    return {harm: min(100, max(0, critic.values[harm] + move)) for harm in HARMS}


def _improvement(before: int, after: int) -> float:
    return (before - after) / 100
