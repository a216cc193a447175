"""The record of moderators' acts, the account of calls, and the marks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.domain import Agent, Moderator, NewAct, PostTo
from bot.domain.act_details import PauseDetails, SettingChange, SettingsDetails
from bot.llm.protocol import CallOutcome, CallRecord, Usage
from bot.storage.database.database import Database
from bot.storage.database.record_tables import llm_calls
from bot.storage.database.sum_tables import call_days
from bot.storage.stores.privacy.departures import DepartureStore
from bot.storage.stores.stores import Stores
from tests.storage.samples import NOON, ROOM

CALL = CallRecord(
    agent=Agent.CHATBOT,
    model="a-model",
    prompt_name="draft",
    prompt_version="0123456789ab",
    turn_id=1,
    room_id=ROOM.id,
    attempt=1,
    started_at=NOON,
    seconds=0.5,
    prompt_tokens=100,
    cached_tokens=60,
    completion_tokens=20,
    cost=0.25,
    outcome=CallOutcome.OK,
)


@pytest.mark.postgres
async def test_an_act_is_on_the_record_with_its_post(stores: Stores) -> None:
    change = SettingChange(None, ["ä\0", {"x": 1.5}])
    act = await stores.acts.put(
        NewAct(
            guild_id=ROOM.guild_id,
            room_id=ROOM.id,
            turn_id=None,
            by=Moderator(7, "Mo\0 🛡"),
            details=SettingsDetails({"nested": change}),
            reason="a raid",
            shown_in=(ROOM.id,),
        )
    )
    assert await stores.acts.get(act.id) == replace(act, by=Moderator(7, "Mo 🛡"))
    post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert post is not None
    assert post.new.ref == act.id
    assert await stores.acts.get(404) is None


async def test_an_act_whose_post_cannot_be_kept_is_not_on_the_record(stores: Stores) -> None:
    with pytest.raises(IntegrityError):
        await stores.acts.put(
            NewAct(1, 404, None, Moderator(7, "Mo"), PauseDetails(), shown_in=(404,))
        )
    assert await stores.acts.get(1) is None


@pytest.mark.postgres
async def test_usage_sums_a_turns_calls(stores: Stores, database: Database) -> None:
    assert stores.calls.usage_here(1) is None, "another process may have made them"
    for call in (
        CALL,
        replace(CALL, attempt=2, cost=None, outcome=CallOutcome.UNAVAILABLE),
        replace(CALL, agent=Agent.CRITIC, completion_tokens=1, cost=0.5),
        replace(CALL, turn_id=2),
        replace(CALL, turn_id=None, room_id=None),
    ):
        await stores.calls.record(call)
    usage = Usage(calls=3, prompt_tokens=300, completion_tokens=41, seconds=1.5, cost=0.75)
    assert await stores.calls.usage_of_turn(1) == usage
    assert Stores.over(database, calls=stores.calls).calls.usage_here(1) == usage


async def test_fallbacks_that_answered_are_named_once(stores: Stores) -> None:
    second = replace(CALL, model="second", fallback=True)
    failed = replace(second, agent=Agent.CRITIC, outcome=CallOutcome.UNAVAILABLE)
    for call in (CALL, second, replace(second, attempt=2), failed):
        await stores.calls.record(call)
    usage = await stores.calls.usage_of_turn(1)
    assert (usage.calls, usage.fallbacks) == (4, [(Agent.CHATBOT, "second")])
    today = await stores.calls.fallbacks(CALL.room_id or 0, CALL.started_at)
    assert list(today) == usage.fallbacks
    later = CALL.started_at + timedelta(seconds=1)
    assert await stores.calls.fallbacks(CALL.room_id or 0, later) == ()
    assert (await stores.calls.of_turn(1))[1] == second


async def test_adapters_that_spoke_are_named_once(stores: Stores) -> None:
    tuned = replace(CALL, agent=Agent.CHATBOT, adapter="talk (0a1b2c3d) at 0.6")
    for call in (CALL, tuned, replace(tuned, attempt=2), replace(tuned, agent=Agent.THERAPIST)):
        await stores.calls.record(call)
    usage = await stores.calls.usage_of_turn(1)
    expected = [(Agent.CHATBOT, tuned.adapter), (Agent.THERAPIST, tuned.adapter)]
    assert (usage.calls, usage.adapters) == (4, expected)
    assert list(await stores.calls.adapters(CALL.room_id or 0, CALL.started_at)) == expected
    later = CALL.started_at + timedelta(seconds=1)
    assert await stores.calls.adapters(CALL.room_id or 0, later) == ()
    assert (await stores.calls.of_turn(1))[1] == tuned


async def test_a_cost_that_nobody_knows_is_not_zero(stores: Stores) -> None:
    assert await stores.calls.usage_of_turn(1) == Usage()
    await stores.calls.record(replace(CALL, cost=None))
    assert (await stores.calls.usage_of_turn(1)).cost is None


@pytest.mark.postgres
async def test_a_call_that_ends_after_its_room_is_deleted_leaves_no_sum(stores: Stores) -> None:
    for room_id in (ROOM.id, 404):
        await stores.calls.record(replace(CALL, room_id=room_id))
        await stores.calls.record(replace(CALL, room_id=room_id))
    midnight = CALL.started_at.replace(hour=0)
    counted = [await stores.calls.usage([one], midnight) for one in (ROOM.id, 404)]
    assert [[agent.calls for agent in usage] for usage in counted] == [[2], []]


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("begun", "ended"),
    [
        ("before", "before"),
        ("before", "meanwhile"),
        ("before", "after"),
        ("meanwhile", "meanwhile"),
        ("meanwhile", "after"),
        ("after", "after"),
        ("never", "meanwhile"),
        ("never", "after"),
    ],
)
async def test_no_call_of_a_room_is_there_once_it_is_deleted(
    stores: Stores, database: Database, monkeypatch: pytest.MonkeyPatch, begun: str, ended: str
) -> None:
    of_process = replace(CALL, room_id=None, turn_id=2)

    async def pass_moment(moment: str) -> None:
        if moment == begun:
            stores.calls.begin(replace(CALL, mark=7, outcome=CallOutcome.CANCELLED))
        if moment == ended:
            await stores.calls.record(replace(CALL, mark=7))
            await stores.calls.record(of_process)

    delete_calls = DepartureStore._delete_calls

    async def delete_and_go_on(store: DepartureStore, guild_id: int) -> bool:
        more = await delete_calls(store, guild_id)
        if not more:
            await pass_moment("meanwhile")
            await database.flush()
        return more

    monkeypatch.setattr(DepartureStore, "_delete_calls", delete_and_go_on)
    await pass_moment("before")
    await stores.departures.delete(ROOM.guild_id)
    await pass_moment("after")
    await database.flush()
    async with database.read() as connection:
        rooms_of_calls = list(await connection.scalars(select(llm_calls.c.room_id)))
        days = (await connection.execute(select(call_days))).all()
    assert (rooms_of_calls, days) == ([None], [])


@pytest.mark.postgres
async def test_all_of_a_call_is_kept(stores: Stores, database: Database) -> None:
    await stores.calls.record(CALL)
    await database.flush()
    async with database.read() as connection:
        row = (await connection.execute(select(llm_calls))).mappings().one()
    kept = {name: value for name, value in row.items() if name not in ("id", "under_way")}
    assert CallRecord(**kept) == CALL
    assert row["under_way"] is None, "its answer is there"


async def test_marks_are_kept_by_name(stores: Stores) -> None:
    assert await stores.key_value.get("commands") is None
    await stores.key_value.put("commands", "abc")
    await stores.key_value.put("other", "x")
    await stores.key_value.put("commands", "def")
    assert await stores.key_value.get("commands") == "def"
    assert await stores.key_value.get("other") == "x"
