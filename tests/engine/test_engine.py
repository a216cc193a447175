"""A turn's way through the rooms, as the Chat Room, the thread and the moderators see it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain import (
    EvaluationState,
    NewPost,
    PostKind,
    PostTo,
    RoomSettings,
    Subject,
    TurnState,
    UserMessage,
)
from bot.domain.act_details import ReflectDetails, read_details
from bot.domain.events import (
    ChatbotReflected,
    DraftWritten,
    ReplyReady,
    ReplySent,
    RoomPaused,
    RoomResumed,
    Scored,
    TherapistSpoke,
    TurnBegan,
    TurnHeld,
    TurnWithheld,
)
from bot.engine.ports import POST_SECONDS
from bot.errors import DeliveryError, LLMMisconfigured, LLMRefused
from bot.rooms.audit import NoSuchRoom
from bot.rooms.chat.chat_room import PAUSE_PATIENCE
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.rooms.control.control_room import NothingYet
from tests.pausing import mark_paused
from tests.world import (
    FINE,
    HARM,
    HARM_AND_SEE,
    LOBBY,
    MAX,
    START,
    Mishap,
    World,
    llm_down,
    run_for,
)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = await World(tmp_path).open()
    yield world
    await world.close()


async def latest(world: World) -> TurnState:
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    return turn.state


# ── therapy ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_draft_that_is_fine_goes_out_after_two_calls(world: World) -> None:
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
    assert world.script.called[:2] == ["draft", "review"]
    assert world.thread() == [PostKind.DRAFT, PostKind.UTTERANCE, PostKind.REPLY]


async def test_a_harmful_draft_is_worked_on_in_three_calls(world: World) -> None:
    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ["A kinder word about cats, thought through."]
    assert world.script.called[:3] == ["draft", "review", "reflect"]
    utterances = await world.stores.turns.utterances(1)
    assert [(said.number, said.speaker.value) for said in utterances] == [
        (1, "therapist"),
        (2, "chatbot"),
    ]


async def test_the_therapist_may_want_to_see_the_change(world: World) -> None:
    world.script.reviews.extend([HARM_AND_SEE, FINE])
    await world.say("cats")
    await world.settle()
    assert world.script.called[:4] == ["draft", "review", "reflect", "review"]
    assert world.chat.texts() == ["A kinder word about cats, thought through."]


async def test_rounds_end_at_the_cap_even_if_nobody_is_content(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(max_rounds=2))
    world.script.wants_more = True
    world.script.reviews.extend([HARM_AND_SEE] * 5)
    await world.say("cats")
    await world.settle()
    assert world.script.called.count("review") == 2
    assert len(world.chat.texts()) == 1
    await world.close()


async def test_a_response_that_fails_the_check_is_tried_once_more(world: World) -> None:
    world.script.reviews.append(HARM)
    world.script.responses.extend(["My therapist told me to be nicer to you.", "Cats are great."])
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ["Cats are great."]
    assert world.script.called[3].startswith("reflect: leak")


async def test_two_failed_checks_withhold_the_turn(world: World) -> None:
    world.script.reviews.append(HARM)
    world.script.responses.extend(["My therapist told me to be nicer."] * 2)
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == [APOLOGY]
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    assert turn.withheld_because is not None
    assert "leak" in turn.withheld_because
    assert world.cards() == [turn.id]


async def test_a_leak_in_an_approved_draft_is_worked_on_too(world: World) -> None:
    world.script.drafts.append("As my Therapist says, the draft is fine.")
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ["A kinder word about cats, thought through."]
    assert world.script.called[2].startswith("reflect: leak")


async def test_where_the_rules_do_not_know_the_language_the_therapist_is_asked_for_leaks(
    world: World,
) -> None:
    kind = "Jag hör dig, och det var verkligen en tung dag på jobbet för dig."
    world.script.reviews.append(HARM)
    world.script.responses += [f"{kind} Sa min terapeut.", kind]
    world.script.leaks += [True, False]
    await world.say("katter")
    await world.settle()
    assert world.chat.texts() == [kind]
    assert [what.split(":")[0] for what in world.script.called] == [
        "draft", "review", "reflect", "leak", "reflect", "leak", "score", "score", "verdict"
    ]  # fmt: skip


async def test_a_clean_turn_in_any_language_takes_no_further_call(world: World) -> None:
    world.script.drafts.append("Jag hör dig, och det var verkligen en tung dag på jobbet.")
    await world.say("katter")
    await world.settle()
    assert "leak" not in world.script.called


@pytest.mark.parametrize("stage", ["drafts", "reviews", "responses"])
@pytest.mark.parametrize(
    "error", [llm_down(), LLMRefused("filtered"), LLMMisconfigured("401"), RuntimeError("a bug")]
)
async def test_no_agents_failure_ever_lets_a_reply_out(
    world: World, stage: str, error: Exception
) -> None:
    if stage == "responses":
        world.script.reviews.append(HARM)
    getattr(world.script, stage).append(error)
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == [APOLOGY]
    assert await latest(world) is TurnState.WITHHELD
    assert world.cards() == [1]
    assert PostKind.WITHHELD in world.thread()


async def test_an_agent_knows_the_channel_s_name_where_it_is_known(world: World) -> None:
    await world.say("cats")
    await world.settle()
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    assert (await world.engine.turn_context(turn, room)).channel == ""
    world.channels[LOBBY] = "lobby"
    assert (await world.engine.turn_context(turn, room)).channel == "lobby"


# ── at most one answer, and none lost ───────────────────────────────────────────────────────────


async def test_messages_said_meanwhile_are_answered_together(world: World) -> None:
    world.script.gate = asyncio.Event()
    await world.say("one")
    await world.moments.reach("draft")
    await world.say("two")
    await world.say("three", by="Ben")
    world.script.gate.set()
    await world.settle()
    assert world.chat.texts() == [
        "The first thought on one.",
        "The first thought on two and three.",
    ]
    assert [shown.post.reference_id for shown in world.chat.shown] == [1, 3]


async def test_a_message_that_comes_twice_is_answered_once(world: World) -> None:
    message = await world.say("cats")
    assert not await world.engine.receive(message)
    await world.settle()
    assert len(world.chat.texts()) == 1


async def test_rooms_run_side_by_side(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    world.script.gate = asyncio.Event()
    await world.say("here", LOBBY)
    await world.say("there", 11)
    await world.moments.reach("draft", 2)
    world.script.gate.set()
    await world.settle()
    assert world.chat.texts(LOBBY) == ["The first thought on here."]
    assert world.chat.texts(11) == ["The first thought on there."]
    await world.close()


@pytest.mark.parametrize("mishap", [Mishap.LOST, Mishap.DROPPED, Mishap.DOWN, Mishap.FAULT])
async def test_a_reply_is_sent_once_whatever_becomes_of_the_request(
    world: World, mishap: Mishap
) -> None:
    world.chat.mishaps.append(mishap)
    await world.say("cats")
    await world.settle()
    await world.heal()
    assert world.chat.texts() == ["The first thought on cats."]
    assert await latest(world) is TurnState.SENT


async def test_a_reply_that_is_not_taken_is_tried_ever_more_rarely(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.rooms.chat.chat_room.time.monotonic", lambda: now)
    world.chat.mishaps.extend([Mishap.DOWN] * 8)
    tried: list[float] = []
    await world.say("cats")
    await world.settle()
    for _ in range(80):  # the clock strikes every five seconds
        tries = world.moments.passed.count("send")
        tried.extend([now] * (tries - len(tried)))
        now += 5.0
        await world.engine.recover()
        await world.settle()
    waits = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0, 60.0]
    assert world.chat.texts() == ["The first thought on cats."]


async def test_a_reply_in_parts_goes_on_where_it_stopped(world: World) -> None:
    world.script.drafts.append("word " * 700)
    world.chat.mishaps.extend([None, Mishap.DROPPED])
    await world.say("a long story")
    await world.settle()
    await world.heal()
    assert [shown.post.part for shown in world.chat.shown] == [0, 1]


@pytest.mark.parametrize("apology", [None, Mishap.REFUSED])
async def test_a_reply_that_discord_refuses_is_withheld_and_on_the_card(
    world: World, apology: Mishap | None
) -> None:
    world.chat.mishaps.extend([Mishap.REFUSED, apology])
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == ([] if apology else [APOLOGY])
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    assert turn.state is TurnState.WITHHELD
    assert turn.withheld_because is not None
    assert "(50013)" in turn.withheld_because
    assert world.cards() == [turn.id]


async def test_a_crash_at_any_moment_leaves_one_answer(tmp_path: Path) -> None:
    """One turn with a round, killed at its first, second, … moment, until it needs no more."""
    for moment in range(200):
        folder = tmp_path / str(moment)
        folder.mkdir()
        world = await World(folder).open()
        world.script.reviews.append(HARM)
        world.moments.die_at = moment + len(world.moments.passed)
        died = await talk_until_death(world)
        await world.crash()
        await world.say("cats", again=1)  # the channel's history is read again
        await world.heal()
        replies = world.chat.texts()
        assert len(replies) == 1, (moment, replies)
        assert await latest(world) is TurnState.SENT
        assert world.cards() in ([1], [1, 1])  # a card may come twice, never not at all
        await world.close()
        if not died:
            assert moment > 10
            return
    pytest.fail("the turn never came to its end")


async def talk_until_death(
    world: World, people: Callable[[World], Awaitable[None]] | None = None
) -> bool:
    """Whether the process died before all came to rest, and ``people`` had done their part."""
    talk = asyncio.create_task(talk_once(world, people))
    death = asyncio.create_task(world.moments.dead.wait())
    await asyncio.wait({talk, death}, return_when=asyncio.FIRST_COMPLETED)
    died = world.moments.dead.is_set()
    for task in (talk, death):
        task.cancel()
    await asyncio.gather(talk, death, return_exceptions=True)
    return died


async def talk_once(world: World, people: Callable[[World], Awaitable[None]] | None) -> None:
    await world.say("cats")
    await world.settle()
    for _ in range(3 if people else 0):
        assert people is not None
        await people(world)


# ── pause ───────────────────────────────────────────────────────────────────────────────────────


async def test_nothing_leaves_after_a_pause_and_the_session_goes_on_at_resume(
    world: World,
) -> None:
    world.script.gate = asyncio.Event()
    await world.say("cats")
    await world.moments.reach("draft")
    await world.control.pauses.pause(LOBBY, MAX, reason="a quarrel")
    world.chat.shut.add(LOBBY)
    world.script.gate.set()
    await world.settle()
    await world.say("dogs")
    await world.heal()
    assert world.chat.texts() == []
    assert any(isinstance(event, TurnHeld) for event in world.events)
    world.chat.shut.clear()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats.", "The first thought on dogs."]
    assert world.script.called.count("draft") == 2


async def test_a_pause_waits_for_the_reply_on_its_way(world: World) -> None:
    world.chat.gate = asyncio.Event()
    await world.say("cats")
    await world.moments.reach("send")
    pausing = asyncio.create_task(world.control.pauses.pause(LOBBY, MAX))
    await run_for(100)
    assert not pausing.done()
    world.chat.gate.set()
    await pausing
    world.chat.shut.add(LOBBY)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]


async def test_a_reply_that_will_not_arrive_is_called_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.rooms.chat.chat_room.PAUSE_PATIENCE", 0.05)
    world.chat.gate = asyncio.Event()
    await world.say("cats")
    await world.moments.reach("send")
    await world.control.pauses.pause(LOBBY, MAX)
    assert world.control.pauses.may_appear(LOBBY), "nobody can tell what Discord makes of it"
    world.chat.shut.add(LOBBY)
    world.chat.gate.set()
    await world.heal()
    assert world.chat.texts() == []
    world.chat.shut.clear()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
    assert not world.control.pauses.may_appear(LOBBY)


async def test_a_reply_that_was_looked_for_and_is_forgotten_does_not_appear_any_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.rooms.chat.chat_room.PAUSE_PATIENCE", 0.05)
    world.chat.gate = asyncio.Event()
    await world.say("cats")
    await world.moments.reach("send")
    await world.control.pauses.pause(LOBBY, MAX)
    assert world.control.pauses.may_appear(LOBBY)
    await world.engine.privacy.forget_person(100, 1)
    assert not world.control.pauses.may_appear(LOBBY)


def test_a_pause_has_the_time_that_a_post_has() -> None:
    """What Discord takes after 9 seconds was no secret when the pause was confirmed."""
    assert PAUSE_PATIENCE > POST_SECONDS


async def test_a_pause_with_minutes_ends_by_itself(world: World) -> None:
    act = await world.control.pauses.pause(LOBBY, MAX, minutes=10, reason="lunch")
    await world.control.pauses.resume_due()
    assert (room := await world.stores.rooms.get(LOBBY)) is not None
    assert room.paused
    assert act is not None
    assert act.details.as_stored()["minutes"] == 10
    await mark_paused(world.stores, LOBBY, until=act.at)
    await world.control.pauses.resume_due()
    assert (room := await world.stores.rooms.get(LOBBY)) is not None
    assert not room.paused


async def test_a_pause_outlives_a_restart(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.crash()
    world.chat.shut.add(LOBBY)
    await world.say("cats")
    await world.heal()
    assert world.chat.texts() == []


async def test_acts_are_on_the_record_and_shown(world: World) -> None:
    act = await world.control.pauses.pause(LOBBY, MAX, reason="a quarrel")
    assert act is not None
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    stored = await world.stores.acts.get(act.id)
    assert stored is not None
    assert (stored.by, stored.kind, stored.reason) == (MAX, "pause", "a quarrel")
    assert [post.new.ref for post in world.posted] == [act.id, act.id + 1]


async def test_only_chat_rooms_can_be_paused(world: World) -> None:
    with pytest.raises(NoSuchRoom):
        await world.control.pauses.pause(99, MAX)


# ── the evaluation, the other rooms ─────────────────────────────────────────────────────────────


async def test_draft_and_reply_are_both_scored_after_the_reply(world: World) -> None:
    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()
    evaluations = await world.stores.evaluations.of_turn(1)
    assert [(one.subject, one.scores.worst) for one in evaluations] == [
        (Subject.DRAFT, 40),
        (Subject.REPLY, 0),
    ]
    assert world.script.called[-3:] == ["score", "score", "verdict"]
    assert world.cards() == [1]


async def test_an_unchanged_text_is_scored_once_for_both(world: World) -> None:
    await world.say("cats")
    await world.settle()
    evaluations = await world.stores.evaluations.of_turn(1)
    assert [one.subject for one in evaluations] == [Subject.DRAFT, Subject.REPLY]
    assert world.script.called.count("score") == 1


@pytest.mark.parametrize("error", [llm_down(), RuntimeError("a bug")])
async def test_a_critic_that_fails_gets_a_card_that_says_so(world: World, error: Exception) -> None:
    world.script.scores.append(error)
    await world.say("cats")
    await world.settle()
    assert await world.stores.evaluations.of_turn(1) == []
    assert await world.stores.evaluations.failure_of(1)
    assert world.cards() == [1]
    (turn,) = await world.stores.turns.latest(LOBBY, 1)
    assert turn.evaluation is EvaluationState.FAILED


async def test_posts_that_discord_does_not_take_are_kept_in_order(world: World) -> None:
    world.post_mishaps.append(DeliveryError("503"))
    await world.say("cats")
    await world.settle()
    assert PostKind.DRAFT not in world.thread()
    world.engine.outbox_relay.reset_backoff(LOBBY)
    await world.settle()
    assert world.thread() == [PostKind.DRAFT, PostKind.UTTERANCE, PostKind.REPLY]


async def test_the_events_of_a_turn_in_order(world: World) -> None:
    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()
    assert [type(event) for event in world.events] == [
        TurnBegan,
        DraftWritten,
        TherapistSpoke,
        ChatbotReflected,
        ReplyReady,
        ReplySent,
        Scored,
    ]


async def test_a_listener_that_fails_stops_nobody(world: World) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("a listener's bug")

    world.engine.subscribe(broken)
    await world.say("cats")
    await world.settle()
    assert len(world.chat.texts()) == 1


async def test_withheld_turns_tell_their_own_events(world: World) -> None:
    world.script.drafts.append(llm_down())
    await world.say("cats")
    await world.settle()
    assert [type(event) for event in world.events] == [TurnBegan, TurnWithheld, Scored]


async def test_pause_and_resume_are_told(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.control.pauses.resume(LOBBY, MAX)
    assert world.events == [RoomPaused(LOBBY), RoomResumed(LOBBY)]


# ── query and reflect ───────────────────────────────────────────────────────────────────────────


async def test_a_query_is_answered_about_the_running_turn_and_recorded(world: World) -> None:
    with pytest.raises(NothingYet):
        await world.control.query(LOBBY, MAX, "How are you?")
    await world.say("cats")
    await world.settle()
    answer = await world.control.query(LOBBY, MAX, "How are you?")
    assert answer.answer == "You asked: How are you?"
    await world.settle()
    act = await world.stores.acts.get(world.posted[-1].new.ref or 0)
    assert act is not None
    assert (act.kind, act.turn_id, act.details.as_stored()["confusion"]) == ("query", 1, 20)


async def test_a_reflection_shows_drafts_from_the_record(world: World) -> None:
    world.script.reviews.append(HARM)
    await world.say("cats")
    await world.settle()
    await world.say("dogs")
    await world.settle()
    reflected = await world.control.reflect(LOBBY, MAX)
    assert reflected.turns == 2
    (change,) = reflected.changes
    assert change.draft == "The first thought on cats."
    assert change.reply == "A kinder word about cats, thought through."
    assert [line.text for line in change.asked] == ["cats"]
    assert reflected.learned == "1 lessons"
    assert reflected.without == "Something harsh on cats."
    (act,) = await world.stores.acts.find(1, kind="reflect")
    assert act.details.as_stored()["without"] == "Something harsh on cats."


async def test_a_reflection_of_before_still_loads(world: World) -> None:
    details = read_details("reflect", {"turns": 2, "changed": 1, "learned": "to listen"})
    assert details == ReflectDetails(2, 1, "to listen", "")


# ── several processes, one database ─────────────────────────────────────────────────────────


async def test_a_process_takes_up_its_own_rooms_alone(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    for room_id in (LOBBY, 11):
        await world.stores.messages.add(UserMessage(room_id, room_id, 100, "Ana", "hi", START))
        await world.stores.outbox.add([NewPost(room_id, PostTo.MODERATORS, PostKind.NOTICE)])
    world.owns = {LOBBY}.__contains__
    await world.engine.recover()
    await world.settle()
    assert (len(world.chat.texts(LOBBY)), len(world.chat.texts(11))) == (1, 0)
    assert {post.new.room_id for post in world.posted} == {LOBBY}
    world.owns = {11}.__contains__
    await world.engine.recover()
    await world.settle()
    assert (len(world.chat.texts(LOBBY)), len(world.chat.texts(11))) == (1, 1)
    await world.close()


async def test_a_turn_that_another_process_has_to_evaluate_is_left_to_it(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    turns = {}
    for room_id in (LOBBY, 11):
        await world.stores.messages.add(UserMessage(room_id, room_id, 100, "Ana", "hi", START))
        turn = await world.stores.turns.claim(room_id)
        assert turn is not None
        withholding = replace(turn, state=TurnState.WITHHOLDING)
        turn = await world.stores.turns.save(withholding, was=turn)
        ended = replace(turn, state=TurnState.WITHHELD, evaluation=EvaluationState.PENDING)
        await world.stores.turns.save(ended, was=turn)
        turns[room_id] = turn.id
    world.owns = {11}.__contains__
    await world.engine.recover()
    await world.settle()
    assert world.cards() == [turns[11]]
    await world.close()


async def test_a_pause_in_anothers_room_is_not_ended(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    for room_id in (LOBBY, 11):
        await mark_paused(world.stores, room_id, until=START)
    world.owns = {LOBBY}.__contains__
    await world.scheduler.run_due()
    rooms = {room.id: room.paused for room in await world.stores.rooms.all()}
    assert rooms == {LOBBY: False, 11: True}
    await world.close()


async def test_what_was_said_before_it_was_forgotten_is_not_kept_when_it_is_read_later(
    world: World,
) -> None:
    world.said = 3
    await world.engine.privacy.forget_person(100, 1, up_to=6)
    await world.say("late, from the history")
    await world.say("late as well", author=101)
    await world.settle()
    assert await world.stores.messages.get(4) is None
    assert (await world.turn()).message_ids == (5,), "another's words are answered"
    await world.engine.privacy.forget_person(100, 1)
    world.said = 6
    await world.say("and later")
    await world.settle()
    assert (await world.turn(2)).message_ids == (7,)
