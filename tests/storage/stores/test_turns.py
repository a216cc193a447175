from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from bot.domain import EvaluationState, NewPost, PostKind, PostTo, Turn, TurnState
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, outbox, turns, utterances
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn
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


async def test_claims_at_once_make_one_turn(stores: Stores) -> None:
    for number in range(1, 6):
        await stores.messages.add(said(number))
    claimed = await asyncio.gather(*(stores.turns.claim(ROOM.id) for _ in range(20)))
    assert {turn.id for turn in claimed if turn} == {1}
    assert all(turn and turn.message_ids == (1, 2, 3, 4, 5) for turn in claimed)


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


async def test_ids_of_turns_are_never_given_twice(stores: Stores, database: Database) -> None:
    turn = await begin_turn(stores, said(1))
    async with database.write() as connection:
        await connection.execute(messages.delete())
        await connection.execute(turns.delete())
    assert (await begin_turn(stores, said(2))).id == turn.id + 1


async def test_every_step_is_read_as_it_was_written(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    steps = [
        replace(turn, state=TurnState.DRAFTED, draft="d", candidate="d", attempts=1),
        replace(turn, state=TurnState.REVIEWED, draft="d", candidate="c", round=1),
        replace(turn, state=TurnState.READY, reply="r", round=2, delivery_tries=1),
        replace(turn, state=TurnState.WITHHOLDING, withheld_because="no model answered"),
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
    for step in steps:
        await stores.turns.save(step, was=turn)
        turn = step
        assert await stores.turns.get(turn.id) == turn


@pytest.mark.parametrize(
    "other",
    [
        {"state": TurnState.DRAFTED},
        {"round": 1},
        {"attempts": 1},
        {"delivery_tries": 1},
        {"id": 404},
    ],
    ids=str,
)
async def test_a_turn_that_has_moved_on_is_not_saved(
    stores: Stores, database: Database, other: dict[str, object]
) -> None:
    turn = await begin_turn(stores, said(1))
    was = replace(turn, **other)  # type: ignore[arg-type]  # one field each
    step = replace(turn, state=TurnState.READY, reply="r", reply_message_ids=(5,))
    with pytest.raises(StaleTurn) as caught:
        await stores.turns.save(step, was=was, utterance=therapist_says(), posts=[notice("n")])
    assert str(was.id) in caught.value.detail
    assert await stores.turns.get(turn.id) == turn
    async with database.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(utterances)) == 0
        assert await connection.scalar(select(func.count()).select_from(outbox)) == 0


async def test_of_two_that_save_the_same_step_one_is_stale(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    steps = [replace(turn, state=TurnState.DRAFTED, draft=text) for text in "ab"]
    saves = (stores.turns.save(step, was=turn) for step in steps)
    results = await asyncio.gather(*saves, return_exceptions=True)
    assert sorted(map(type, results), key=str) == sorted([type(None), StaleTurn], key=str)
    saved = await stores.turns.get(turn.id)
    assert saved == steps[results.index(None)]


async def test_a_step_is_written_with_its_utterance_and_posts(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    first = replace(turn, state=TurnState.REVIEWED, round=1)
    posts = [
        NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.DRAFT, turn_id=turn.id),
        NewPost(ROOM.id, PostTo.THERAPY_ROOM, PostKind.UTTERANCE, turn_id=turn.id, ref=1),
    ]
    await stores.turns.save(first, was=turn, utterance=therapist_says(), posts=posts)
    second = replace(first, state=TurnState.READY)
    await stores.turns.save(second, was=first, utterance=chatbot_reflects())
    assert await stores.turns.utterances(turn.id) == (therapist_says(), chatbot_reflects())
    post = await stores.outbox.next(ROOM.id, PostTo.THERAPY_ROOM)
    assert post is not None
    assert post.new == posts[0]
    assert await stores.turns.utterances(404) == ()


async def test_a_step_that_cannot_be_written_whole_is_not_written(stores: Stores) -> None:
    turn = await begin_turn(stores, said(1))
    first = replace(turn, state=TurnState.REVIEWED, round=1)
    await stores.turns.save(first, was=turn, utterance=therapist_says(1))
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
    await stores.rooms.set_pause(OTHER_ROOM.id, paused=True)
    assert await stores.turns.rooms_with_work() == [ROOM.id]
    await end_turn(stores, turn, "reply")
    assert await stores.turns.rooms_with_work() == []
    await stores.rooms.set_pause(OTHER_ROOM.id, paused=False)
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
