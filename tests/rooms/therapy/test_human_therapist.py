"""A person in the Therapist's seat, as the thread, the Chat Room and the moderators see it."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import (
    ChatbotState,
    PostKind,
    Speaker,
    StateAnswer,
    TurnState,
)
from bot.domain.events import TurnHeld
from bot.domain.room_settings import SeatTimeout
from bot.domain.turn_context import TurnContext
from bot.rooms.audit import CannotGoOut, NoMoreRounds, NotWaiting
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.therapy.human_therapist import MOST_ROUNDS, NotInSeat, SeatEmpty, SeatTaken
from tests.seating import mark_seated
from tests.world import ANA, HARM, LOBBY, MAX, World


async def waiting(world: World) -> None:
    await world.control.seat.take(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    assert (await world.turn()).state is TurnState.WAITING


async def test_the_draft_waits_for_the_person_who_sees_it_in_the_thread(world: World) -> None:
    await waiting(world)
    assert world.chat.texts() == []
    assert world.script.called == ["draft"]
    (seat,) = world.shown(PostKind.SEAT)
    assert (seat.turn_id, seat.ref) == (1, 0)
    assert isinstance(world.events[-1], TurnHeld)


async def test_what_they_say_is_the_therapists_part_and_they_see_the_change(world: World) -> None:
    await waiting(world)
    await world.control.seat.speak(LOBBY, MAX, "Be kinder.")
    await world.settle()
    turn = await world.turn()
    assert (turn.state, turn.round) == (TurnState.WAITING, 1)
    assert turn.candidate == "A kinder word about cats, thought through."
    assert [post.ref for post in world.shown(PostKind.SEAT)] == [0, 1]
    assert world.chat.texts() == []
    await world.control.seat.ready(1, MAX)
    await world.settle()
    assert world.chat.texts() == ["A kinder word about cats, thought through."]
    said = await world.stores.turns.utterances(1)
    assert said[0].text == "Be kinder."
    assert [one.speaker for one in said] == [
        Speaker.MODERATOR,
        Speaker.CHATBOT,
        Speaker.MODERATOR,
    ]
    assert "review" not in world.script.called
    assert world.cards() == [1]


async def test_the_draft_may_go_out_as_it_is(world: World) -> None:
    await waiting(world)
    await world.control.seat.ready(1, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]


async def test_a_leak_does_not_go_out_on_a_persons_word(world: World) -> None:
    world.script.drafts.append("My therapist says hello.")
    await waiting(world)
    with pytest.raises(CannotGoOut, match="therap"):
        await world.control.seat.ready(1, MAX)
    assert (await world.turn()).state is TurnState.WAITING


async def test_they_may_withhold(world: World) -> None:
    await waiting(world)
    await world.control.seat.withhold(1, MAX, "too soon")
    await world.settle()
    assert world.chat.texts() == [APOLOGY]
    assert (await world.turn()).withheld_because == "Max, as Therapist, withheld it. too soon"
    assert world.cards() == [1]


async def test_time_over_and_the_ai_takes_over_for_that_turn(world: World) -> None:
    await waiting(world)
    await world.time_passes()
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
    assert world.script.called[:2] == ["draft", "review"]
    await world.say("dogs")
    await world.settle()
    assert (await world.turn(2)).state is TurnState.WAITING


async def test_time_over_and_the_reply_is_withheld_if_set_so(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, seat_on_timeout=SeatTimeout.WITHHOLD)
    await waiting(world)
    await world.time_passes()
    await world.settle()
    assert world.chat.texts() == [APOLOGY]


async def test_the_time_is_not_over_before_it_is_over(world: World) -> None:
    await waiting(world)
    events = len(world.events)
    await world.scheduler.run_due()
    await world.say("more")
    await world.settle()
    assert (await world.turn()).state is TurnState.WAITING
    assert len(world.events) == events, "a room that waits shows no typing"


async def test_who_leaves_the_seat_lets_the_ai_go_on(world: World) -> None:
    await waiting(world)
    await world.control.seat.release(LOBBY, ANA)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
    with pytest.raises(SeatEmpty):
        await world.control.seat.release(LOBBY, ANA)


async def test_who_leaves_the_seat_while_the_process_is_down(world: World) -> None:
    await waiting(world)
    await mark_seated(world.stores, LOBBY, None)
    await world.crash()
    await world.engine.recover()
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]


async def test_only_who_sits_there_speaks(world: World) -> None:
    await waiting(world)
    with pytest.raises(SeatTaken, match="Max"):
        await world.control.seat.take(LOBBY, ANA)
    for act in (
        world.control.seat.speak(LOBBY, ANA, "x"),
        world.control.seat.ready(1, ANA),
        world.control.seat.withhold(1, ANA),
    ):
        with pytest.raises(NotInSeat):
            await act


async def test_nothing_waits(world: World) -> None:
    await world.control.seat.take(LOBBY, MAX)
    with pytest.raises(NotWaiting):
        await world.control.seat.speak(LOBBY, MAX, "anybody there?")


async def test_rounds_of_people_end_too(world: World) -> None:
    await waiting(world)
    for _ in range(MOST_ROUNDS):
        await world.control.seat.speak(LOBBY, MAX, "again")
        await world.settle()
    with pytest.raises(NoMoreRounds):
        await world.control.seat.speak(LOBBY, MAX, "again")
    assert (await world.turn()).state is TurnState.WAITING
    await world.control.seat.ready(1, MAX)
    await world.settle()
    assert len(world.chat.texts()) == 1


async def test_a_pause_holds_what_the_person_releases(world: World) -> None:
    await waiting(world)
    await world.control.pauses.pause(LOBBY, MAX)
    world.chat.shut.add(LOBBY)
    await world.control.seat.ready(1, MAX)
    await world.heal()
    assert world.chat.texts() == []
    world.chat.shut.clear()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]


async def test_a_pause_does_not_count_as_waiting(world: World) -> None:
    await waiting(world)
    before = (await world.turn()).waits_until
    await world.control.pauses.pause(LOBBY, MAX)
    await world.time_passes()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    turn = await world.turn()
    assert turn.state is TurnState.WAITING
    assert turn.waits_until is not None
    assert before is not None
    assert turn.waits_until >= before


async def test_the_seat_and_the_wait_outlive_a_restart(world: World) -> None:
    await waiting(world)
    await world.crash()
    await world.heal()
    assert (await world.turn()).state is TurnState.WAITING
    await world.control.seat.speak(LOBBY, MAX, "Go on.")
    await world.settle()
    await world.control.seat.ready(1, MAX)
    await world.settle()
    assert len(world.chat.texts()) == 1


async def test_a_session_that_was_begun_by_the_ai_is_handed_over(world: World) -> None:
    world.script.reviews.append(HARM.model_copy(update={"wants_to_see": True}))
    held = world.script.responses
    held.append("Better.")
    await world.say("cats")
    await world.moments.reach("review")
    await world.control.seat.take(LOBBY, MAX)
    await world.settle()
    turn = await world.turn()
    assert (turn.state, turn.candidate) == (TurnState.WAITING, "Better.")


async def test_a_query_is_about_the_running_turn_and_its_session(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.say("dogs")
    await world.settle()
    await world.control.seat.take(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    await world.control.seat.speak(LOBBY, MAX, "Be kinder.")
    await world.settle()
    chatbot, asked = world.engine.agents.chatbot, []

    async def answer(context: TurnContext, *_: object) -> object:
        lines = [line.text for line in context.conversation.asked]
        asked.append((lines, [said.text for said in context.session]))
        state = ChatbotState(therapy_progression=1, confusion=2, urgency=3)
        return StateAnswer(state=state, answer="I am thinking.")

    monkeypatch.setattr(chatbot, "answer_query", answer)
    await world.control.query(LOBBY, MAX, "How is it going?")
    assert asked == [(["cats"], ["Be kinder.", "I see what it would do."])]
    (act,) = await world.stores.acts.find(1, kind="query")
    assert act.turn_id == 2
    assert (await world.turn(2)).state is TurnState.WAITING


async def test_all_of_it_is_on_the_record(world: World) -> None:
    await waiting(world)
    await world.control.seat.speak(LOBBY, MAX, "Be kinder.")
    await world.settle()
    await world.control.seat.ready(1, MAX)
    await world.control.seat.release(LOBBY, MAX)
    acts = await world.stores.acts.find(1)
    kinds = [act.kind for act in acts]
    assert kinds == ["release seat", "therapist ready", "therapist speaks", "take seat"]
    assert {act.by for act in acts} == {MAX}


async def test_of_two_who_take_the_seat_at_once_one_sits_there(world: World) -> None:
    seat = world.control.seat
    taken = await asyncio.gather(
        seat.take(LOBBY, MAX), seat.take(LOBBY, ANA), return_exceptions=True
    )
    assert [isinstance(one, SeatTaken) for one in taken].count(True) == 1
    (act,) = await world.stores.acts.find(1)
    assert act.by == (await world.control.audit.room(LOBBY)).therapist


async def test_who_ends_the_coaching_of_one_does_not_end_that_of_the_next(world: World) -> None:
    seat = world.control.seat
    await seat.take(LOBBY, MAX)
    ends = await asyncio.gather(
        seat.hand(LOBBY, MAX, ANA), seat.release(LOBBY, MAX), return_exceptions=True
    )
    therapist = (await world.control.audit.room(LOBBY)).therapist
    assert therapist == (ANA if isinstance(ends[1], BaseException) else None)
