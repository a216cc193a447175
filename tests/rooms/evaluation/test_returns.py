"""The return of a turn: the discounted sum of the rewards from it on, within its conversation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.feedback import FeedbackKind
from bot.domain.ratings import RatingKind, Reward, RewardedTurn
from bot.rooms.evaluation.returns import (
    GAMMA,
    MOST_TURNS,
    SILENCE,
    discounted_return,
    return_of,
    turn_reward,
)
from bot.rooms.evaluation.rewards import CRITIC, DELETED
from tests.world import ANA, HARM, LOBBY, MAX, World

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def talk(rewards: Sequence[float | None], apart: Sequence[timedelta] = ()) -> list[RewardedTurn]:
    """Turns with one reward each, a minute apart unless said."""
    turns, at = [], NOON
    for number, value in enumerate(rewards):
        at += apart[number] if number < len(apart) else timedelta(minutes=1)
        given = () if value is None else (Reward(CRITIC, value),)
        turns.append(RewardedTurn(number + 1, at, given))
    return turns


@pytest.mark.parametrize(
    ("rewards", "expected"),
    [
        ([0.5, 1.0], 0.5 + GAMMA),
        ([0.5, 1.0, -1.0], 0.5 + GAMMA - GAMMA**2),
        ([None, 1.0], GAMMA),
        ([0.5, None, 1.0], 0.5 + GAMMA**2),
        ([0.5, 0.0], 0.5),
        ([0.5], None),
        ([0.5, None, None], None),
        ([None], None),
        ([], None),
    ],
)
def test_it_is_the_discounted_sum_once_a_later_turn_has_a_reward(
    rewards: list[float | None], expected: float | None
) -> None:
    found = discounted_return(rewards)
    assert found == (None if expected is None else pytest.approx(expected))
    assert return_of(talk(rewards)) == found


def test_a_long_talk_of_full_rewards_comes_to_ten_at_most() -> None:
    longest = discounted_return([1.0] * MOST_TURNS)
    assert longest is not None
    assert 10 - 0.001 < longest < 10


def test_what_comes_after_a_silence_is_another_conversation() -> None:
    minute, longer = timedelta(minutes=1), SILENCE + timedelta(seconds=1)
    assert return_of(talk([0.5, 1.0, 1.0], [minute, SILENCE, longer])) == pytest.approx(0.5 + GAMMA)
    assert return_of(talk([0.5, 1.0], [minute, longer])) is None


def test_the_reward_of_a_turn_is_what_people_give_and_else_the_critics() -> None:
    critic, rated, said = Reward(CRITIC, 0.2), Reward("person 5", 1.0), Reward("member 6", 0.0)
    assert turn_reward([]) is None
    assert turn_reward([critic]) == 0.2
    assert turn_reward([critic, rated, said]) == 0.5
    assert turn_reward([critic, Reward(DELETED, -1.0)]) == -1.0


async def test_it_follows_what_is_said_and_rated_later(world: World) -> None:
    async def found(turn_id: int) -> float | None:
        turn = await world.stores.turns.get(turn_id)
        assert turn is not None
        return return_of(await world.stores.evaluations.rewards_from(turn, MOST_TURNS))

    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()
    assert await found(1) is None
    world.script.reviews.append(HARM)
    await world.say("dogs")
    await world.settle()
    assert await found(1) == pytest.approx(0.4 + GAMMA * 0.4)
    assert await found(2) is None
    await world.control.ratings.rate(2, MAX, RatingKind.TOO_LENIENT)
    assert await found(1) == pytest.approx(0.4 + GAMMA * 0.15)
    room = await world.stores.rooms.get(LOBBY)
    turn = await world.stores.turns.get(1)
    assert room is not None
    assert turn is not None
    await world.control.feedback.give(turn, room, ANA, FeedbackKind.HURT)
    assert await found(1) == pytest.approx(-0.6 + GAMMA * 0.15)


async def test_a_room_that_was_let_go_begins_anew(world: World) -> None:
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    await world.say("cats")
    await world.settle()
    await world.stores.rooms.release(LOBBY)
    await world.stores.rooms.bind(room)
    await world.say("dogs")
    await world.settle()
    first = await world.stores.turns.get(1)
    assert first is not None
    (alone,) = await world.stores.evaluations.rewards_from(first, MOST_TURNS)
    assert alone.turn_id == 1
    second = await world.stores.turns.get(2)
    assert second is not None
    assert [one.turn_id for one in await world.stores.evaluations.rewards_from(second, 9)] == [2]
