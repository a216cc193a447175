from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.domain import EvaluationState, PostTo, Subject, Turn
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
from tests.storage.samples import ROOM, begin_turn, card, end_turn, said, scored, with_empathy


async def ended_turn(stores: Stores) -> Turn:
    return await end_turn(stores, await begin_turn(stores, said(1)), "reply", ids=(9,))


@pytest.mark.postgres
async def test_scores_and_card_are_written_together(stores: Stores) -> None:
    turn = await ended_turn(stores)
    done = replace(turn, evaluation=EvaluationState.SCORED)
    given = [scored(turn, Subject.DRAFT, 80), scored(turn, Subject.REPLY, 0, warmth=100)]
    await stores.evaluations.finish(done, was=turn, evaluations=given, posts=[card(turn)])
    assert await stores.evaluations.of_turn(turn.id) == given
    assert await stores.evaluations.failure_of(turn.id) is None
    assert await stores.turns.get(turn.id) == done
    post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert post is not None
    assert post.new == card(turn)


async def test_how_empathetic_a_text_is_is_kept_and_looked_back_on(stores: Stores) -> None:
    turn = await ended_turn(stores)
    done = replace(turn, evaluation=EvaluationState.SCORED)
    given = [
        with_empathy(scored(turn, Subject.DRAFT, 80), 20),
        with_empathy(scored(turn, Subject.REPLY, 0), 75),
    ]
    await stores.evaluations.finish(done, was=turn, evaluations=given)
    assert await stores.evaluations.of_turn(turn.id) == given
    (ended,) = await stores.turn_history.latest_ended(ROOM.id, 10)
    assert ended.empathetic == 75
    sums = await stores.score_sums.read([ROOM.id], turn.created_at - timedelta(hours=1))
    (empathy,) = (one for one in sums.scales if one.scale == "empathetic")
    assert (empathy.turns, empathy.before, empathy.after) == (1, 20, 75)


async def test_what_was_not_measured_is_in_no_table(stores: Stores) -> None:
    turn = await ended_turn(stores)
    done = replace(turn, evaluation=EvaluationState.SCORED)
    given = [scored(turn, Subject.DRAFT, 80), scored(turn, Subject.REPLY, 0)]
    await stores.evaluations.finish(done, was=turn, evaluations=given)
    (ended,) = await stores.turn_history.latest_ended(ROOM.id, 10)
    assert ended.empathetic is None
    assert "empathetic" not in given[0].scores.shown


async def test_a_failure_is_kept_with_its_reason(stores: Stores) -> None:
    turn = await ended_turn(stores)
    done = replace(turn, evaluation=EvaluationState.FAILED)
    await stores.evaluations.finish(done, was=turn, failure="no model answered")
    assert await stores.evaluations.failure_of(turn.id) == "no model answered"
    assert await stores.evaluations.of_turn(turn.id) == []
    assert await stores.turns.get(turn.id) == done


async def test_a_turn_is_scored_once(stores: Stores) -> None:
    turn = await ended_turn(stores)
    done = replace(turn, evaluation=EvaluationState.SCORED)
    finishes = (
        stores.evaluations.finish(
            done, was=turn, evaluations=[scored(turn, Subject.REPLY, value)], posts=[card(turn)]
        )
        for value in (10, 20)
    )
    results = await asyncio.gather(*finishes, return_exceptions=True)
    assert sum(isinstance(result, StaleTurn) for result in results) == 1
    assert len(await stores.evaluations.of_turn(turn.id)) == 1
    post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert post is not None
    await stores.outbox.delivered(post.id, 1)
    assert await stores.outbox.next(ROOM.id, PostTo.MODERATORS) is None


@pytest.mark.parametrize("value", [-1, 101])
@pytest.mark.postgres
async def test_a_score_out_of_range_is_refused_with_all_that_came_with_it(
    stores: Stores, value: int
) -> None:
    turn = await ended_turn(stores)
    given = [scored(turn, Subject.DRAFT, 5), scored(turn, Subject.REPLY, value)]
    done = replace(turn, evaluation=EvaluationState.SCORED)
    with pytest.raises(IntegrityError):
        await stores.evaluations.finish(done, was=turn, evaluations=given)
    assert await stores.evaluations.of_turn(turn.id) == []
    assert await stores.turns.get(turn.id) == turn


async def test_an_unknown_turn_has_no_evaluations(stores: Stores) -> None:
    assert await stores.evaluations.of_turn(404) == []
    assert await stores.evaluations.failure_of(404) is None
