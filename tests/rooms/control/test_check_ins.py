"""A moderator's check-in: heard at the next boundary of a session, and answered once."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import PostKind, Turn
from bot.domain.events import CheckInAnswered
from bot.domain.moderation import DEFAULT_CHECK_IN, CheckIn
from bot.errors import LLMUnavailable
from bot.rooms.control.check_ins import CheckInWaits
from tests.world import HARM, HARM_AND_SEE, LOBBY, MAX, World, run_for


async def answered(world: World, check_in: CheckIn) -> CheckIn:
    now = await world.stores.check_ins.get(check_in.id)
    assert now is not None
    return now


async def test_it_is_asked_in_the_round_s_own_call_before_the_decision(world: World) -> None:
    world.script.reviews.append(HARM)
    asked = await world.control.check_ins.ask(LOBBY, MAX, "Is it too much?")
    await world.say("cats")
    await world.settle()
    now = await answered(world, asked)
    assert (now.turn_id, now.answer) == (1, "I answer: Is it too much?")
    assert world.script.called[:3] == ["draft", "review", "reflect"]
    assert "query" not in world.script.called, "no further call"
    (shown,) = world.shown(PostKind.CHECK_IN)
    assert (shown.turn_id, shown.ref) == (1, asked.id)
    (told,) = [event for event in world.events if isinstance(event, CheckInAnswered)]
    assert (told.turn_id, told.check_in_id) == (1, asked.id)
    (act,) = await world.stores.acts.find(1)
    assert (act.kind, act.by, act.details.as_stored()) == (
        "check in", MAX, {"question": "Is it too much?"}
    )  # fmt: skip


async def test_one_that_comes_in_a_running_session_is_heard_in_its_next_round(world: World) -> None:
    world.script.reviews.extend([HARM_AND_SEE, HARM])
    first, second = asyncio.Event(), asyncio.Event()
    world.script.gate = first
    await world.say("cats")
    await world.moments.reach("draft")
    await run_for(5)
    world.script.gate = second
    first.set()
    await world.moments.reach("review")
    asked = await world.control.check_ins.ask(LOBBY, MAX)
    second.set()
    await world.settle()
    assert (await answered(world, asked)).answer == f"I answer: {DEFAULT_CHECK_IN}"


async def test_where_no_round_hears_it_it_is_asked_when_the_turn_is_over(world: World) -> None:
    asked = await world.control.check_ins.ask(LOBBY, MAX, "All well?")
    await world.settle()
    assert (await answered(world, asked)).answer is None, "no session has been"
    await world.say("cats")
    await world.settle()
    assert world.script.called.count("query") == 1
    assert (await answered(world, asked)).answer == "You asked: All well?"
    assert len(world.shown(PostKind.CHECK_IN)) == 1


async def test_a_turn_that_begins_while_it_is_looked_for_hears_it_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.script.reviews.append(HARM)
    looked = world.stores.turns.open_turn
    looks: list[int] = []

    async def open_turn(room_id: int) -> Turn | None:
        looks.append(room_id)
        if len(looks) > 1:
            return await looked(room_id)
        await world.say("cats")
        await world.moments.reach("draft")
        return None

    world.script.gate = asyncio.Event()
    monkeypatch.setattr(world.stores.turns, "open_turn", open_turn)
    asked = await world.control.check_ins.ask(LOBBY, MAX, "Is it too much?")
    await world.moments.reach("draft")
    async with asyncio.timeout(10):  # one that asks now would stand at the gate
        await world.control.check_ins.workers.settled()
    world.script.gate.set()
    await world.settle()
    assert (await answered(world, asked)).answer == "I answer: Is it too much?"
    assert "query" not in world.script.called


async def test_where_a_turn_waits_for_a_person_it_is_asked_at_once(world: World) -> None:
    await world.control.seat.take(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    asked = await world.control.check_ins.ask(LOBBY, MAX, "All well?")
    await world.settle()
    assert (await answered(world, asked)).answer == "You asked: All well?"


async def test_it_waits_for_the_next_session_and_not_for_the_last(world: World) -> None:
    await world.say("cats")
    await world.settle()
    asked = await world.control.check_ins.ask(LOBBY, MAX)
    await world.settle()
    assert (await answered(world, asked)).answered_at is None
    with pytest.raises(CheckInWaits):
        await world.control.check_ins.ask(LOBBY, MAX)
    await world.say("dogs")
    await world.settle()
    assert (await answered(world, asked)).turn_id == 2


async def test_a_model_that_does_not_answer_ends_it_and_the_reply_is_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> object:
        raise LLMUnavailable("down")

    monkeypatch.setattr(world.engine.agents.chatbot, "answer_query", fail)
    asked = await world.control.check_ins.ask(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    now = await answered(world, asked)
    assert now.answered_at is not None
    assert now.answer == ""
    assert len(world.chat.texts()) == 1


async def test_the_answer_that_was_first_stays(world: World) -> None:
    world.script.reviews.append(HARM)
    asked = await world.control.check_ins.ask(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    first = (await answered(world, asked)).answer
    world.control.check_ins.workers.wake(LOBBY)
    await world.settle()
    assert (await answered(world, asked)).answer == first
    assert len(world.shown(PostKind.CHECK_IN)) == 1
