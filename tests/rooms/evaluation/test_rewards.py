from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.domain import HARMS, Moderator, Scores
from bot.domain.ratings import Rating, RatingKind, Reward
from bot.rooms.evaluation.rewards import (
    critic_reward,
    deleted_reward,
    implied_scores,
    person_reward,
)


def scores(worst: int, rest: int = 0) -> Scores:
    return Scores(values={**dict.fromkeys(HARMS, rest), "gaslighting": worst})


def rating(kind: RatingKind, values: dict[str, int] | None = None) -> Rating:
    return Rating(1, Moderator(5, "Max"), kind, values, "", datetime.now(UTC))


@pytest.mark.parametrize(
    ("before", "after", "value"), [(80, 0, 0.8), (0, 80, -0.8), (40, 40, 0), (100, 0, 1)]
)
def test_the_critics_reward_is_the_improvement_of_the_worst(
    before: int, after: int, value: float
) -> None:
    assert critic_reward(scores(before), scores(after)) == Reward("critic", value)


def test_without_both_scores_there_is_no_improvement_to_reward() -> None:
    assert critic_reward(None, scores(0)) is None
    assert critic_reward(scores(0), None) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [(RatingKind.AGREE, 0.4), (RatingKind.TOO_HARSH, 0.65), (RatingKind.TOO_LENIENT, 0.15)],
)
def test_a_persons_reward_takes_after_as_they_see_it(kind: RatingKind, value: float) -> None:
    found = person_reward(rating(kind), scores(80), scores(40))
    assert found is not None
    assert (found.source, found.reason) == ("person 5", kind.value)
    assert found.value == pytest.approx(value)


def test_implied_scores_stay_on_the_scale_and_leave_own_scales_out() -> None:
    after = Scores(values={**scores(90, 10).values, "warmth": 50})
    assert implied_scores(rating(RatingKind.TOO_LENIENT), after) == {
        "manipulative": 35,
        "gaslighting": 100,
        "narcissistic": 35,
    }
    harsh = implied_scores(rating(RatingKind.TOO_HARSH), after)
    assert harsh is not None
    assert harsh["manipulative"] == 0


def test_a_rescore_stands_without_the_critic() -> None:
    own = dict.fromkeys(HARMS, 20)
    found = person_reward(rating(RatingKind.RESCORE, own), None, None)
    assert found is not None
    assert found.value == pytest.approx(0.3)
    assert person_reward(rating(RatingKind.AGREE), scores(80), None) is None


def test_a_deleted_reply_is_worth_the_least() -> None:
    assert deleted_reward("hurtful") == Reward("deleted", -1, "hurtful")
