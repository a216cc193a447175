"""Replies that are held at the gate until a moderator says what becomes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import PostKind, RoomSettings, Speaker, Subject, TurnState
from bot.domain.events import ReplyReady, TurnHeld
from bot.rooms.audit import CannotGoOut, NotWaiting
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.control.gate import NotOffered
from bot.storage.stores.turns import StaleTurn
from bot.text.moderator_texts import reading
from tests.world import LOBBY, MAX, World, llm_down


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World(tmp_path).open(RoomSettings(gate=30))
    yield world
    await world.close()


async def held(world: World) -> None:
    await world.say("cats")
    await world.settle()
    assert (await world.turn()).state is TurnState.GATED
    assert world.chat.texts() == []


async def test_a_reply_up_to_the_threshold_goes_out_and_is_scored_once(world: World) -> None:
    world.script.scores.append(30)
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
    assert world.script.called.count("score") == 1
    found = await world.stores.evaluations.of_turn(1)
    assert sorted(one.subject for one in found) == [Subject.DRAFT, Subject.REPLY]
    assert world.cards() == [1]


async def test_a_reply_above_it_waits_and_the_moderators_are_asked(world: World) -> None:
    await held(world)
    (gate,) = world.shown(PostKind.GATE)
    assert (gate.turn_id, gate.text) == (1, "manipulative 40 is above 30")
    assert isinstance(world.events[-1], TurnHeld)
    assert not any(isinstance(event, ReplyReady) for event in world.events)
    (scored,) = await world.stores.evaluations.of_turn(1)
    assert scored.subject is Subject.REPLY


@pytest.mark.parametrize("error", [llm_down(), RuntimeError("a bug")])
async def test_a_reply_that_cannot_be_scored_waits_too(world: World, error: Exception) -> None:
    world.script.scores.append(error)
    await held(world)
    assert "could not be scored" in world.shown(PostKind.GATE)[0].text


async def test_approved_it_goes_out_and_is_not_scored_again(world: World) -> None:
    await held(world)
    await world.control.gate.approve(1, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
    assert world.script.called.count("score") == 1
    assert world.cards() == [1]


async def test_another_round_takes_the_moderators_words_and_comes_to_the_gate_again(
    world: World,
) -> None:
    await held(world)
    await world.control.gate.another_round(1, MAX, "Say something kind about cats.")
    await world.settle()
    assert world.chat.texts() == ["A kinder word about cats, thought through."]
    said = await world.stores.turns.utterances(1)
    assert (said[1].speaker, said[1].text) == (Speaker.MODERATOR, "Say something kind about cats.")
    scores = {one.subject: one.scores.worst for one in await world.stores.evaluations.of_turn(1)}
    assert scores == {Subject.DRAFT: 40, Subject.REPLY: 0}


async def test_another_round_that_is_no_better_is_held_again(world: World) -> None:
    world.script.responses.append("Cats, then.")
    await held(world)
    await world.control.gate.another_round(1, MAX, "Kinder.")
    await world.settle()
    turn = await world.turn()
    assert (turn.state, turn.reply) == (TurnState.GATED, "Cats, then.")
    assert len(world.shown(PostKind.GATE)) == 2


async def test_an_edit_goes_out_in_the_moderators_words_and_is_scored_anew(world: World) -> None:
    await held(world)
    await world.control.gate.edit(1, MAX, "Cats are kinder than they look.")
    await world.settle()
    assert world.chat.texts() == ["Cats are kinder than they look."]
    assert (await world.stores.turns.utterances(1))[-1].speaker is Speaker.MODERATOR
    scores = {one.subject: one.scores.worst for one in await world.stores.evaluations.of_turn(1)}
    assert scores == {Subject.DRAFT: 40, Subject.REPLY: 0}


@pytest.mark.parametrize("text", ["My therapist says no.", "  ", '{"reply": "x"}'])
async def test_an_edit_that_leaks_is_refused_and_says_why(world: World, text: str) -> None:
    await held(world)
    with pytest.raises(CannotGoOut, match="That cannot go out: the message"):
        await world.control.gate.edit(1, MAX, text)
    german = "Das kann so nicht hinaus: die Nachricht"
    with reading("de"), pytest.raises(CannotGoOut, match=german):
        await world.control.gate.edit(1, MAX, text)
    assert (await world.turn()).state is TurnState.GATED


async def test_withheld_or_too_late_the_person_gets_the_apology(world: World) -> None:
    await held(world)
    await world.control.gate.withhold(1, MAX, "not like that")
    await world.settle()
    assert (await world.turn()).withheld_because == "Max withheld it. not like that"
    await world.say("dogs")
    await world.settle()
    await world.time_passes()
    await world.settle()
    assert world.chat.texts() == [APOLOGY, APOLOGY]
    because = (await world.turn(2)).withheld_because
    assert because == "it was held, and no moderator released it in 30 min"
    assert world.cards() == [1, 2]


async def test_what_has_gone_on_is_not_approved_twice(world: World) -> None:
    await held(world)
    await world.control.gate.approve(1, MAX)
    with pytest.raises((NotWaiting, StaleTurn)):
        await world.control.gate.approve(1, MAX)
    await world.settle()
    with pytest.raises(NotWaiting):
        await world.control.gate.withhold(1, MAX)
    assert len(world.chat.texts()) == 1
    acts = await world.stores.acts.find(1, kind="approve")
    assert len(acts) == 1


async def test_a_held_reply_outlives_a_restart_and_holds_in_a_pause(world: World) -> None:
    await held(world)
    await world.control.pauses.pause(LOBBY, MAX)
    world.chat.shut.add(LOBBY)
    await world.control.gate.approve(1, MAX)
    await world.crash()
    await world.heal()
    assert world.chat.texts() == []
    world.chat.shut.clear()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]


async def test_the_next_turn_waits_behind_a_held_reply(world: World) -> None:
    await held(world)
    await world.say("dogs")
    await world.heal()
    assert world.script.called.count("draft") == 1
    await world.control.gate.approve(1, MAX)
    await world.settle()
    assert world.script.called.count("draft") == 2


async def time_over(world: World) -> None:
    """The reply is held and nobody looks at it: the person has the apology."""
    await held(world)
    turn = await world.turn()
    over = replace(turn, waits_until=datetime.now(UTC) - timedelta(seconds=1))
    await world.stores.turns.save(over, was=turn)
    world.engine.wake(LOBBY)
    await world.settle()
    assert world.chat.texts() == [APOLOGY]


async def test_a_reply_whose_time_ran_out_can_be_sent_once_and_is_scored_once(
    world: World,
) -> None:
    await time_over(world)
    assert world.script.called.count("score") == 2  # the reply at the gate, then the draft
    await world.control.gate.send_late(1, MAX)
    await world.settle()
    assert world.chat.replies() == ["The first thought on cats."]
    turn = await world.turn()
    assert (turn.state, turn.withheld_because) == (TurnState.SENT, None)
    assert [shown.id for shown in world.chat.shown][1:] == [*turn.reply_message_ids]
    (gone,) = world.shown(PostKind.REMOVAL)
    assert gone.ref == world.chat.shown[0].id
    assert world.script.called.count("score") == 2
    found = await world.stores.evaluations.of_turn(1)
    assert sorted(one.subject for one in found) == [Subject.DRAFT, Subject.REPLY]
    with pytest.raises(NotWaiting):
        await world.control.gate.send_late(1, MAX)


async def test_what_a_moderator_withheld_is_not_offered(world: World) -> None:
    await held(world)
    await world.control.gate.withhold(1, MAX)
    await world.settle()
    with pytest.raises(NotWaiting):
        await world.control.gate.send_late(1, MAX)


async def test_it_is_refused_while_another_message_is_answered_and_when_the_room_has_gone_on(
    world: World,
) -> None:
    await time_over(world)
    await world.say("dogs")
    await world.settle()
    assert (await world.turn(2)).state is TurnState.GATED
    with pytest.raises(NotOffered, match="being answered just now"):
        await world.control.gate.send_late(1, MAX)
    late = await world.stores.turns.get(1)
    assert late is not None
    with pytest.raises(StaleTurn):
        await world.stores.turns.save(replace(late, state=TurnState.READY), was=late)
    await world.control.gate.approve(2, MAX)
    world.script.scores.extend([0, 0])
    for word in ("birds", "fish"):
        await world.say(word)
        await world.settle()
    with pytest.raises(NotOffered, match="gone on"):
        await world.control.gate.send_late(1, MAX)
    assert "The first thought on cats." not in world.chat.replies()
