"""Returns: what a talk came to from a turn on, as one number.

The return of a turn is the discounted sum of the rewards of that turn and of those after it in the
same room and conversation, ``G_t = r_t + GAMMA * r_(t+1) + GAMMA**2 * r_(t+2) + ...``. A turn that
nobody has rewarded, such as a withheld one, adds nothing and counts as a step. A conversation ends
where no turn begins for `SILENCE`, or where the room is let go, as after a simulation.

It is known once a later turn of the conversation has a reward: until then it would only say the
turn's own reward again. It grows and shrinks as the talk goes on, and as people rate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from bot.domain.ratings import Reward, RewardedTurn
from bot.rooms.evaluation.rewards import CRITIC

GAMMA: Final = 0.9
"""The worth of a reward one turn later; 22 turns on a tenth is left of it."""
SILENCE: Final = timedelta(minutes=30)
"""From the beginning of one turn to that of the next: after that it is another conversation."""
MOST_TURNS: Final = 100
"""Turns that count: those after them could move a return by less than 0.001."""


def turn_reward(rewards: Iterable[Reward]) -> float | None:
    """Return the one reward of a turn, -1 to 1; None where it has none.

    It is the mean of what people gave it (ratings, members' words, a deletion). The Critic's counts
    where nobody gave any, as it is people that the Critic is measured by.
    """
    by_source = {reward.source: reward.value for reward in rewards}
    people = [value for source, value in by_source.items() if source != CRITIC]
    return sum(people) / len(people) if people else by_source.get(CRITIC)


def discounted_return(rewards: Sequence[float | None]) -> float | None:
    """Return the return of the first of a conversation's turns, given the rewards from it on.

    None until a later one has a reward. With rewards from -1 to 1 it lies between -10 and 10.
    """
    if all(reward is None for reward in rewards[1:]):
        return None
    return sum(GAMMA**step * (reward or 0.0) for step, reward in enumerate(rewards))


def return_of(turns: Sequence[RewardedTurn]) -> float | None:
    """Return the return of the first of these turns of a room, which are in order."""
    return discounted_return([turn_reward(turn.rewards) for turn in _conversation(turns)])


def _conversation(turns: Sequence[RewardedTurn]) -> Iterator[RewardedTurn]:
    """Yield the turns up to the first silence."""
    yield from turns[:1]
    for before, turn in pairwise(turns):
        if turn.began_at - before.began_at > SILENCE:
            return
        yield turn
