from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.domain import EvaluationState, NewPost, PostKind, PostTo, Turn, TurnState
from bot.domain.transitions import InvalidTransition
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, outbox, turns, utterances
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
from tests.pausing import mark_paused, mark_resumed
from tests.storage.samples import (
    NOON,
    OTHER_ROOM,
    ROOM,
    begin_turn,
    chatbot_reflects,
    end_turn,
    notice,
    said,
    therapist_says,
)


async def test_nothing_to_claim(stores: Stores) -> None:
    assert await stores.turns.claim(ROOM.id) is None
    assert await stores.turns.claim(404) is None
    assert await stores.turns.open_turn(ROOM.id) is None


async def test_a_turn_claims_all_that_waits(stores: Stores) -> None:
    turn = await begin_turn(stores, said(2), said(1))
    assert turn == replace(turn, id=1, state=TurnState.CLAIMED, evaluation=EvaluationState.NONE)
    assert turn.message_ids == (1, 2)
    assert await stores.turns.get(turn.id) == turn
    assert await stores.turns.open_turn(ROOM.id) == turn


async def test_what_is_said_meanwhile_waits_for_the_next_turn(stores: Stores) -> None:
    first = await begin_turn(stores, said(1))
    await stores.messages.add(said(2))
    await stores.messages.add(said(3))
    assert await stores.turns.claim(ROOM.id) == first
    await end_turn(stores, first, "reply")
    second = await stores.turns.claim(ROOM.id)
    assert second is not None
    assert (second.id, second.message_ids) == (2, (2, 3))


async def test_rooms_have_turns_of_their_own(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    await stores.messages.add(said(2, room_id=OTHER_ROOM.id))
    here = await begin_turn(stores, said(1))
    there = await stores.turns.claim(OTHER_ROOM.id)
    assert there is not None
    assert (here.message_ids, there.message_ids) == ((1,), (2,))


@pytest.mark.postgres
async def test_claims_at_once_make_one_turn(stores: Stores) -> None:
    for number in range(1, 6):
        await stores.messages.add(said(number))
    claimed = await asyncio.gather(*(stores.turns.claim(ROOM.id) for _ in range(20)))
    assert {turn.id for turn in claimed if turn} == {1}
    assert all(turn and turn.message_ids == (1, 2, 3, 4, 5) for turn in claimed)


@pytest.mark.postgres
async def test_the_database_itself_refuses_a_second_open_turn(
    stores: Stores, database: Database
) -> None:
    turn = await begin_turn(stores, said(1))
    values = {
        "room_id": ROOM.id,
        "state": TurnState.DRAFTED,
        "evaluation": EvaluationState.NONE,
        "round": 0,
        "attempts": 0,
        "delivery_tries": 0,
        "created_at": NOON,
    }
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(turns.insert().values(values))
    await end_turn(stores, turn, "reply")
    async with database.write() as connection:
        await connection.execute(turns.insert().values(values))


async def test_replies_are_numbered_in_each_room(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    for number in (1, 2, 3):
        here = await end_turn(stores, await begin_turn(stores, said(number)), "reply")
        there = await begin_turn(stores, said(10 + number, room_id=OTHER_ROOM.id))
        await end_turn(stores, there, "reply")
        assert here.number == there.number == number
        assert await stores.turn_search.by_number(ROOM.id, number) == await stores.turns.get(
            here.id
        )
    assert await stores.turn_search.by_number(ROOM.id, 4) is None


async def test_the_database_itself_refuses_a_number_twice(
    stores: Stores, database: Database
) -> None:
    for number in (1, 2):
        await end_turn(stores, await begin_turn(stores, said(number)), "reply")
    twice = turns.update().where(turns.c.number == 2).values(number=1)
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(twice)


@pytest.mark.postgres
async def test_ids_of_turns_are_never_given_twice(stores: Stores, database: Database) -> None:
    turn = await begin_turn(stores, said(1))
    async with database.write() as connection:
        await connection.execute(messages.delete())
        await connection.execute(turns.delete())
    assert (await begin_turn(stores, said(2))).id == turn.id + 1


@pytest.mark.postgres
async def test_every_step_is_read_as_it_was_written(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    steps = [
        replace(turn, state=TurnState.DRAFTED, draft="d", candidate="d", attempts=1),
        replace(turn, state=TurnState.REVIEWED, draft="d", candidate="c", round=1),
        replace(turn, state=TurnState.READY, reply="r", round=2, delivery_tries=1),
        replace(
            turn,
            state=TurnState.SENT,
            evaluation=EvaluationState.PENDING,
            reply="r\n\nr",
            reply_message_ids=(31, 30),
            replied_at=NOON,
            delivery_tries=2,
        ),
    ]
    await saves_all(stores, turn, steps)


async def test_a_withheld_turn_is_read_as_it_was_written(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    withholding = replace(turn, state=TurnState.WITHHOLDING, withheld_because="no model answered")
    steps = [withholding, replace(withholding, state=TurnState.WITHHELD)]
    await saves_all(stores, turn, steps)


async def saves_all(stores: Stores, turn: Turn, steps: Sequence[Turn]) -> None:
    for version, step in enumerate(steps, start=1):
        turn = await stores.turns.save(step, was=turn)
        stored = await stores.turns.get(turn.id)
        assert stored is not None
        assert stored == turn == step
        assert stored.version == turn.version == version


@pytest.mark.parametrize(
    "other",
    [
        {"state": TurnState.GATED},
        {"approved": True},
        {"round": 1},
        {"attempts": 1},
        {"delivery_tries": 1},
    ],
    ids=str,
)
async def test_a_turn_that_has_moved_on_is_not_saved(
    stores: Stores, database: Database, other: dict[str, object]
) -> None:
    turn = await ready_turn(stores)
    moved = replace(turn, **other)  # type: ignore[arg-type]  # one field each
    moved = await stores.turns.save(moved, was=turn)
    await is_stale(stores, database, turn)
    assert await stores.turns.get(turn.id) == moved


async def test_a_turn_that_is_not_there_is_not_saved(stores: Stores, database: Database) -> None:
    turn = await ready_turn(stores)
    await is_stale(stores, database, replace(turn, id=404))
    assert await stores.turns.get(turn.id) == turn


async def ready_turn(stores: Stores) -> Turn:
    turn = await begin_turn(stores, said(1))
    for state in (TurnState.DRAFTED, TurnState.READY):
        turn = await stores.turns.save(replace(turn, state=state), was=turn)
    return turn


async def is_stale(stores: Stores, database: Database, turn: Turn) -> None:
    """A step from there is refused, and nothing of it is written."""
    step = replace(turn, state=TurnState.SENT, reply="r", reply_message_ids=(5,))
    with pytest.raises(StaleTurn) as caught:
        await stores.turns.save(step, was=turn, utterance=therapist_says(), posts=[notice("n")])
    assert f"turn {turn.id} is not" in caught.value.detail
    await nothing_is_written(database)


async def nothing_is_written(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(utterances)) == 0
        assert await connection.scalar(select(func.count()).select_from(outbox)) == 0


@pytest.mark.parametrize("state", [TurnState.CLAIMED, TurnState.READY, TurnState.SENT])
async def test_a_step_that_no_turn_takes_is_not_saved(
    stores: Stores, database: Database, state: TurnState
) -> None:
    turn = await begin_turn(stores, said(1))
    step = replace(turn, state=state)
    with pytest.raises(InvalidTransition) as caught:
        await stores.turns.save(step, was=turn, utterance=therapist_says(), posts=[notice("n")])
    assert state.value in caught.value.detail
    assert await stores.turns.get(turn.id) == turn
    await nothing_is_written(database)


@pytest.mark.postgres
async def test_of_two_that_save_the_same_step_one_is_stale(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    steps = [replace(turn, state=TurnState.DRAFTED, draft=text) for text in "ab"]
    saves = (stores.turns.save(step, was=turn) for step in steps)
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert sorted(map(type, results), key=str) == sorted([Turn, StaleTurn], key=str)
    saved = await stores.turns.get(turn.id)
    assert saved == next(step for step in steps if step in results)


async def test_a_step_is_written_with_its_utterance_and_posts(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    turn = await stores.turns.save(replace(turn, state=TurnState.DRAFTED), was=turn)
    first = replace(turn, state=TurnState.REVIEWED, round=1)
    posts = [
        NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.DRAFT, turn_id=turn.id),
        NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.UTTERANCE, turn_id=turn.id, ref=1),
    ]
    first = await stores.turns.save(first, was=turn, utterance=therapist_says(), posts=posts)
    second = replace(first, state=TurnState.READY)
    await stores.turns.save(second, was=first, utterance=chatbot_reflects())
    assert await stores.turns.utterances(turn.id) == (therapist_says(), chatbot_reflects())
    post = await stores.outbox.next(ROOM.id, PostTo.THERAPY_ROOM)
    assert post is not None
    assert post.new == posts[0]
    assert await stores.turns.utterances(404) == ()


async def test_a_step_that_cannot_be_written_whole_is_not_written(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    turn = await stores.turns.save(replace(turn, state=TurnState.DRAFTED), was=turn)
    first = replace(turn, state=TurnState.REVIEWED, round=1)
    first = await stores.turns.save(first, was=turn, utterance=therapist_says(1))
    second = replace(first, state=TurnState.READY)
    with pytest.raises(IntegrityError):
        await stores.turns.save(second, was=first, utterance=chatbot_reflects(1))
    assert await stores.turns.get(turn.id) == first


async def test_a_turn_is_found_by_each_message_of_its_reply(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    done = await end_turn(stores, turn, "long", ids=(51, 52))
    assert await stores.turns.by_reply_message(51) == done
    assert await stores.turns.by_reply_message(52) == done
    assert await stores.turns.by_reply_message(1) is None


async def test_latest_turns_are_newest_first(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    done: list[Turn] = []
    for number in range(1, 4):
        turn = await begin_turn(stores, said(number), said(number + 10))
        done.append(await end_turn(stores, turn, "r", ids=(number + 20, number + 30)))
    await begin_turn(stores, said(50, room_id=OTHER_ROOM.id))
    assert await stores.turns.latest(ROOM.id, 2) == [done[2], done[1]]
    assert await stores.turns.latest(ROOM.id, 9) == done[::-1]
    assert await stores.turns.latest(404, 9) == []


async def test_rooms_with_work_are_those_with_an_open_turn_or_waiting_messages(
    stores: Stores,
) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    assert await stores.turns.rooms_with_work() == []
    await stores.messages.add(said(1, room_id=OTHER_ROOM.id))
    turn = await begin_turn(stores, said(2))
    assert await stores.turns.rooms_with_work() == [OTHER_ROOM.id, ROOM.id]
    await mark_paused(stores, OTHER_ROOM.id)
    assert await stores.turns.rooms_with_work() == [ROOM.id]
    await end_turn(stores, turn, "reply")
    assert await stores.turns.rooms_with_work() == []
    await mark_resumed(stores, OTHER_ROOM.id)
    assert await stores.turns.rooms_with_work() == [OTHER_ROOM.id]


async def test_turns_are_evaluated_oldest_first(stores: Stores) -> None:
    assert await stores.turns.next_to_evaluate(ROOM.id) is None
    first = await end_turn(stores, await begin_turn(stores, said(1)), "reply")
    second = await end_turn(stores, await begin_turn(stores, said(2)), None)
    await begin_turn(stores, said(3))
    assert await stores.turns.rooms_to_evaluate() == [ROOM.id]
    assert await stores.turns.next_to_evaluate(ROOM.id) == first
    await stores.evaluations.finish(
        replace(first, evaluation=EvaluationState.FAILED), was=first, failure="no model"
    )
    assert await stores.turns.next_to_evaluate(ROOM.id) == second
    assert await stores.turns.next_to_evaluate(OTHER_ROOM.id) is None


async def test_what_is_abandoned_ends_and_is_not_taken_up_again(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    await stores.messages.add(said(2))
    await stores.turns.abandon(ROOM.id, "it is over")
    after = await stores.turns.get(turn.id)
    assert after is not None
    assert (after.state, after.withheld_because) == (TurnState.WITHHELD, "it is over")
    assert await stores.turns.claim(ROOM.id) is None
    with pytest.raises(StaleTurn):
        await stores.turns.save(replace(turn, state=TurnState.DRAFTED), was=turn)
