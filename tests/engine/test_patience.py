"""Turns that wait for a model that is away, and turns that are too old to be answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.domain import Agent, PostKind, RoomSettings, Turn, TurnState
from bot.domain.events import ReplySent, TurnBegan, TurnHeld
from bot.domain.patience import PatienceTimes
from bot.engine import waiting_turns
from bot.errors import EndpointAway, LLMOverBudget, LLMUnavailable
from bot.llm.health import EndpointHealth
from bot.rooms.chat import notices
from bot.rooms.chat.fixed_texts import APOLOGY, DELAY_TEXT, WAIT_TEXT, fixed_text
from bot.storage.database.crisis_tables import crises
from bot.storage.database.tables import turns
from tests.world import LOBBY, MAX, Mishap, World

MINUTE = timedelta(minutes=1)
BEN = 101


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(notices, "AWAY_NOTICE_AFTER", timedelta())
    monkeypatch.setattr(waiting_turns, "JOINED_AFTER", timedelta())
    times = PatienceTimes(wait=10 * MINUTE, answer=15 * MINUTE)
    opened = await World(tmp_path, patience=times).open()
    yield opened
    await opened.close()


def away(*agents: Agent, next_try: float = 30.0) -> EndpointHealth:
    since = datetime.now(UTC)
    return EndpointHealth("http://model", agents, since, 4, "503", next_try)


async def tick(world: World) -> None:
    """The clock strikes."""
    await world.engine.recover()
    await world.settle()


async def go_away(world: World) -> None:
    """The endpoint goes away."""
    world.away.append(away(Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC))


async def test_who_waits_is_told_once_and_answered_together_when_the_model_is_back(
    world: World,
) -> None:
    await go_away(world)
    await world.say("One")
    await world.settle()
    for number in range(20):
        await world.say(f"More {number}", by="Ben", author=BEN)
        await tick(world)
    assert world.script.called == [], "nobody is asked who cannot answer"
    assert world.chat.texts() == [DELAY_TEXT] * 2, "one sentence a person"
    world.away.clear()
    await tick(world)
    (reply,) = [text for text in world.chat.replies() if text != DELAY_TEXT]
    assert "More 19" in reply
    assert (await world.turn()).message_ids == tuple(range(1, 22))
    assert world.cards() == [1]


async def test_each_person_reads_it_in_their_language_and_no_other_notice(world: World) -> None:
    settings = RoomSettings(wait_seconds=20)
    await world.stores.rooms.update_settings(LOBBY, settings)
    await go_away(world)
    await world.say("Warum ist der Himmel eigentlich blau und nicht grün?")
    await world.settle()
    told = fixed_text(DELAY_TEXT, "de")
    assert told != DELAY_TEXT
    await world.scheduler.wait_notice.give(datetime.now(UTC) + MINUTE)
    assert world.chat.texts() == [told]


async def test_who_was_told_that_it_takes_a_moment_reads_nothing_more_of_it(world: World) -> None:
    await world.stores.rooms.update_settings(LOBBY, RoomSettings(wait_seconds=20))
    world.script.gate = asyncio.Event()
    world.script.drafts.append(EndpointAway("http://model is away"))
    await world.say("One")
    await world.moments.reach("draft")
    await world.scheduler.wait_notice.give(datetime.now(UTC) + MINUTE)
    await go_away(world)
    world.script.gate.set()
    await world.say("Two", by="Ben", author=BEN)
    await world.settle()
    await tick(world)
    assert world.chat.texts() == [WAIT_TEXT, DELAY_TEXT], "one each"


async def test_a_restart_tells_nobody_twice(world: World) -> None:
    await go_away(world)
    await world.say("One")
    await world.settle()
    await tick(world)
    await world.crash()
    await tick(world)
    assert world.chat.texts() == [DELAY_TEXT]


async def test_what_waits_keeps_its_session(world: World) -> None:
    world.script.reviews.append(LLMUnavailable("503"))
    world.away.append(away(Agent.THERAPIST, next_try=0.0))
    await world.say("One")
    await world.settle()
    assert (await world.turn()).state is TurnState.DRAFTED
    world.away.clear()
    await tick(world)
    assert (await world.turn()).state is TurnState.SENT
    assert world.script.called.count("draft") == 1


async def test_typing_stops_while_nobody_works(world: World) -> None:
    world.script.drafts.append(EndpointAway("http://model is away"))
    await world.say("One")
    await world.settle()
    await go_away(world)
    await tick(world)
    kinds = [type(event) for event in world.events]
    assert kinds == [TurnBegan, TurnHeld]
    assert ReplySent not in kinds


async def test_it_waits_without_a_line_in_the_log(world: World) -> None:
    await go_away(world)
    await world.say("One")
    await world.settle()
    with capture_logs() as logs:
        for _ in range(12):
            await tick(world)
    assert len(logs) <= 1, [entry["event"] for entry in logs]


async def test_while_one_call_looks_the_others_wait(world: World) -> None:
    await go_away(world)
    await world.say("One")
    await world.settle()
    looking = away(Agent.CHATBOT, next_try=0.0)
    world.away[:] = [
        EndpointHealth(looking.address, looking.agents, looking.away_since, is_being_tried=True)
    ]
    await tick(world)
    assert world.script.called == []
    world.away[:] = [looking]
    await tick(world)
    assert world.script.called[:1] == ["draft"], "now it is the one that looks"


async def test_after_its_time_one_apology_ends_the_wait(world: World) -> None:
    world.patience = PatienceTimes(wait=timedelta(), answer=None)
    await world.crash()
    await go_away(world)
    world.script.drafts.append(EndpointAway("http://model is away"))
    await world.say("One")
    await world.settle()
    assert world.chat.texts() == [APOLOGY]
    assert "away" in ((await world.turn()).withheld_because or "")


async def test_a_turn_whose_time_was_up_waits_only_for_what_is_away(world: World) -> None:
    world.script.drafts.append(LLMOverBudget("The turn's time was up"))
    await world.say("One")
    await world.settle()
    assert world.chat.texts() == [APOLOGY]


async def test_a_fallback_that_answers_is_not_waited_for(world: World) -> None:
    first = away(Agent.CHATBOT)
    world.away.append(
        EndpointHealth(first.address, first.agents, first.away_since, next_try=30, is_replaced=True)
    )
    await world.say("One")
    await world.settle()
    assert len(world.chat.replies()) == 1


@pytest.mark.parametrize("replaced_first", [True, False])
async def test_one_that_nobody_replaces_is_waited_for_whatever_else_is_away(
    world: World, replaced_first: bool
) -> None:
    other = away(Agent.CHATBOT)
    replaced = EndpointHealth(
        "http://other/v1", other.agents, other.away_since, next_try=30, is_replaced=True
    )
    both = [replaced, away(Agent.THERAPIST)]
    world.away.extend(both if replaced_first else both[::-1])
    await world.say("One")
    await world.settle()
    assert world.chat.texts() == [DELAY_TEXT]


async def test_what_was_said_long_ago_is_closed_with_a_card(world: World) -> None:
    world.message_age = timedelta(days=3)
    await world.say("Anybody?")
    await world.settle()
    await tick(world)
    turn = await world.turn()
    assert turn.state is TurnState.WITHHELD
    assert "too old" in (turn.withheld_because or "")
    assert world.chat.texts() == [], "not even an apology"
    assert world.cards() == [1]
    assert world.script.called == []
    assert TurnBegan not in [type(event) for event in world.events], "nobody sees typing"
    assert world.thread() == [PostKind.WITHHELD]


async def test_a_pause_makes_nothing_old(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("Anybody?")
    world.message_age = timedelta(hours=2)
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert len(world.chat.replies()) == 1


async def test_who_may_be_in_danger_is_never_too_old(world: World) -> None:
    world.message_age = timedelta(days=3)
    await world.say("I want to kill myself")
    await world.settle()
    assert (await world.turn()).state is TurnState.HELPED
    await world.say("Anybody?")
    await world.settle()
    assert (await world.turn(2)).state is not TurnState.WITHHELD
    # Two hours later, and others have spoken since.
    async with world.database.write() as connection:
        before = datetime.now(UTC) - timedelta(hours=2)
        await connection.execute(crises.update().values(created_at=before))
    await world.say("Me too", by="Ben", author=BEN)
    await world.settle()
    await world.say("Please")
    await world.settle()
    assert [(await world.turn(turn)).state for turn in (3, 4)] == [
        TurnState.WITHHELD,
        TurnState.SENT,
    ]


async def claimed_an_hour_ago(world: World) -> None:
    """The room's first turn, which waited for something else meanwhile."""
    async with world.database.write() as connection:
        before = datetime.now(UTC) - timedelta(hours=1)
        await connection.execute(turns.update().values(created_at=before, began_at=None))


async def test_a_second_try_has_the_patience_of_a_first(world: World) -> None:
    world.script.reviews.append(LLMOverBudget("The turn's time was up"))
    await world.say("One")
    await world.settle()
    await claimed_an_hour_ago(world)
    await go_away(world)
    await world.control.second_tries.try_again(1, MAX)
    await world.settle()
    assert (await world.turn()).state is TurnState.DRAFTED, "it waits"
    assert world.chat.texts()[0] == APOLOGY


async def test_a_pause_does_not_use_up_the_time_that_a_turn_may_wait(world: World) -> None:
    await go_away(world)
    await world.say("One")
    await world.settle()
    await world.control.pauses.pause(LOBBY, MAX)
    await claimed_an_hour_ago(world)
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert (await world.turn()).state is TurnState.CLAIMED
    assert APOLOGY not in world.chat.texts()


async def test_a_reply_that_waited_long_for_something_else_is_tried_more_than_once(
    world: World,
) -> None:
    world.script.gate = asyncio.Event()
    await world.say("One")
    await world.moments.reach("draft")
    await claimed_an_hour_ago(world)
    world.script.gate = None
    await world.crash()
    world.chat.mishaps.append(Mishap.DOWN)
    await tick(world)
    await tick(world)
    assert (await world.turn()).state is TurnState.SENT


async def test_a_turn_that_is_given_help_while_others_join_it_is_no_fault(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await go_away(world)
    await world.say("One")
    await world.settle()
    join = world.stores.joining.join

    async def too_late(turn: Turn, only: Collection[int] | None = None) -> Turn:
        await world.say("I want to kill myself")
        return await join(turn, only)

    monkeypatch.setattr(world.stores.joining, "join", too_late)
    await world.say("Two", by="Ben", author=BEN)
    world.away.clear()
    with capture_logs() as logs:
        await tick(world)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == []
    assert (await world.turn()).state is TurnState.HELPED
