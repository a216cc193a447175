"""Whole simulations on models of rules: what is held, stored, repeated, and what breaks off."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import (
    Agent,
    ChatbotState,
    Reflection,
    Review,
    Speaker,
    TurnState,
    Utterance,
)
from bot.errors import LLMMisconfigured, LLMRefused
from bot.llm.protocol import CallContext, Prompt
from bot.reports.session_export import read_session
from bot.reports.session_notes import WORDED_IN_CODE
from bot.reports.session_record import as_html, as_json
from bot.rooms.chat.fixed_texts import APOLOGY
from bot.simulation.html_report import as_html as talks_as_html
from bot.simulation.in_memory import IDS_PER_ROOM
from bot.simulation.plan import SimulationPlan
from bot.simulation.records import TalkRecord
from bot.simulation.run import Hooks, simulate, therapy_worked_on
from tests.simulation.model import open_stage, person

PLAN = SimulationPlan((person("ana"), person("ben")), conversations=2, turns=3, at_once=4)


def words(talks: list[TalkRecord]) -> list[object]:
    """What was said and scored, without what differs from run to run."""
    return [
        (talk.persona, talk.number, talk.ended,
         [(t.said, t.draft, t.reply, t.before, t.after) for t in talk.turns])
        for talk in talks
    ]  # fmt: skip


async def test_every_talk_goes_through_the_whole_engine(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, _):
        talks = await simulate(stage, PLAN, stage.agents.alliance)
        assert [(talk.persona, talk.number) for talk in talks] == [
            ("ana", 1), ("ben", 1), ("ana", 2), ("ben", 2)]  # fmt: skip
        for talk in talks:
            assert talk.ended == "turns"
            assert talk.turns[0].said == f"hello, here is {talk.persona}"
            for turn in talk.turns:
                assert turn.draft is not None
                assert "HARM" in turn.draft
                assert turn.reply is not None
                assert "HARM" not in turn.reply
                assert turn.worked_on
                assert turn.before is not None
                assert turn.after is not None
                assert max(turn.before.values()) > max(turn.after.values())
                assert not turn.leaks
                assert turn.calls > 5
                assert turn.tokens == 110 * turn.calls
                assert len(turn.alliance) == 2
        rooms = await stage.stores.rooms.all()
        assert len(rooms) == 4
        assert all(room.simulated for room in rooms)


async def test_the_chatbot_remembers_the_talk_and_only_its_own(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        await simulate(stage, replace(PLAN, conversations=1, turns=2))
        drafts = [p for p in made[Agent.CHATBOT].asked if p.name == "chatbot/draft"]
        for prompt in drafts:
            told = " ".join(message.content for message in prompt.messages[1:])
            assert ("here is ana" in told) != ("here is ben" in told)


async def test_the_file_of_a_session_shows_its_alliance(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, _):
        plan = replace(PLAN, people=PLAN.people[:1], conversations=1, turns=1)
        (talk,) = await simulate(stage, plan, stage.agents.alliance)
        record = await read_session(stage.stores, "lobby", talk.turns[0].turn_id)
    assert record is not None
    assert "Working alliance" in as_html(record)
    assert "1. therapist          6.00    5.00    4.00" in as_html(record)
    kept = json.loads(as_json(record))["alliance"]
    assert kept[0]["points"][0]["values"] == {"goal": 6, "task": 5, "bond": 4}


STATE = ChatbotState(therapy_progression=50, confusion=0, urgency=0)


def said(number: int, *, left: bool | None = None) -> Utterance:
    """A Therapist's words, which leave work or do not; or else the Chatbot's."""
    if left is None:
        reflection = Reflection(
            reflection="I see.", wants_another_round=False, state=STATE, response="Hello."
        )
        return Utterance(number, 1, Speaker.CHATBOT, "I see.", reflection=reflection)
    review = Review(user_feels="fine", user_needs="a word", says="Look.", something_left=left)
    return Utterance(number, 1, Speaker.THERAPIST, "Look.", review=review)


@pytest.mark.parametrize(
    ("session", "worked_on"),
    [
        ((said(1, left=True), said(2)), True),
        # Content, and the Chatbot had to write anew for a check in code alone.
        ((said(1, left=False), said(2)), False),
        ((said(1, left=False), said(2), said(3, left=True), said(4)), True),
        ((said(1, left=False), said(2), said(3, left=True)), False),
        ((said(1, left=False),), False),
        ((), False),
    ],
)
def test_worked_on_is_what_therapy_worked_on(
    session: tuple[Utterance, ...], worked_on: bool
) -> None:
    assert therapy_worked_on(session) is worked_on


async def test_the_user_does_not_wait_for_the_critic(tmp_path: Path) -> None:
    answered, may_score = asyncio.Event(), asyncio.Event()
    async with open_stage(tmp_path) as (stage, made):
        critic = made[Agent.CRITIC]
        called = critic._called

        async def wait(prompt: Prompt, ctx: CallContext) -> None:
            await may_score.wait()
            await called(prompt, ctx)

        def tell(_: object, number: int) -> None:
            if number == 2:
                answered.set()

        critic._called = wait  # type: ignore[method-assign]
        plan = replace(PLAN, people=PLAN.people[:1], conversations=1, turns=2)
        running = asyncio.create_task(simulate(stage, plan, hooks=Hooks(turn=tell)))
        async with asyncio.timeout(60):
            await answered.wait()
        assert not critic.asked
        may_score.set()
        (talk,) = await running
    assert all(turn.before and turn.after for turn in talk.turns)


async def test_the_user_may_leave(tmp_path: Path) -> None:
    async with open_stage(tmp_path, ends_after=1) as (stage, _):
        (talk,) = await simulate(stage, replace(PLAN, people=PLAN.people[:1], conversations=1))
    # The opening is the persona's own; the first message of the model's is its last.
    assert talk.ended == "left"
    assert len(talk.turns) == 2


async def test_the_same_seed_gives_the_same_talks(tmp_path: Path) -> None:
    found = []
    for folder, at_once, seed in (("a", 4, 1), ("b", 1, 1), ("c", 4, 2)):
        (tmp_path / folder).mkdir()
        async with open_stage(tmp_path / folder) as (stage, made):
            plan = replace(PLAN, at_once=at_once, seed=seed)
            found.append(words(await simulate(stage, plan)))
            assert None not in {s for model in made.values() for s in model.seeds}
    assert found[0] == found[1]
    assert found[0] != found[2]


async def test_it_can_be_run_again_over_the_same_database(tmp_path: Path) -> None:
    plan = replace(PLAN, conversations=1, turns=1)
    async with open_stage(tmp_path) as (stage, _):
        first = await simulate(stage, plan)
    async with open_stage(tmp_path) as (stage, _):
        second = await simulate(stage, plan)
        assert not {talk.room_id for talk in first} & {talk.room_id for talk in second}
        turn = await stage.stores.turns.get(second[0].turns[0].turn_id)
        assert turn is not None
        assert turn.message_ids[0] // IDS_PER_ROOM == second[0].room_id
    assert words(first) == words(second)


async def test_a_withheld_turn_is_an_apology_to_the_user(tmp_path: Path) -> None:
    errors = {"chatbot/revise": LLMRefused("it would not")}
    async with open_stage(tmp_path, errors=errors) as (stage, made):
        (talk,) = await simulate(
            stage, replace(PLAN, people=PLAN.people[:1], conversations=1, turns=2)
        )
        turn = await stage.stores.turns.get(talk.turns[0].turn_id)
        assert turn is not None
        assert turn.state is TurnState.WITHHELD
        assert talk.turns[0].reply is None
        assert talk.turns[0].withheld_because == "it would not"
        assert talk.turns[0].after is None
        heard = made[Agent.USER].asked[0].messages
        assert any(APOLOGY in message.content for message in heard)


async def test_a_talk_without_words_breaks_off_and_the_others_go_on(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        made[Agent.USER].errors["simulation/user"] = LLMRefused("no words")
        talks = await simulate(stage, replace(PLAN, conversations=1))
    assert [talk.ended for talk in talks] == ["broke off: no words"] * 2
    assert [len(talk.turns) for talk in talks] == [1, 1]


async def test_a_model_that_cannot_be_used_ends_it_all(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        made[Agent.USER].errors["simulation/user"] = LLMMisconfigured("wrong key")
        with pytest.raises(LLMMisconfigured):
            await simulate(stage, PLAN)


async def test_no_more_talks_than_allowed_go_side_by_side(tmp_path: Path) -> None:
    open_talks: set[str] = set()
    most = 0

    def turn(talk: object, _: int) -> None:
        nonlocal most
        open_talks.add(talk.name)  # type: ignore[attr-defined]
        most = max(most, len(open_talks))

    def ended(talk: TalkRecord) -> None:
        open_talks.discard(f"{talk.persona} {talk.number}")

    async with open_stage(tmp_path) as (stage, _):
        plan = replace(PLAN, at_once=2, conversations=3)
        await simulate(stage, plan, hooks=Hooks(turn, ended))
    assert most == 2


async def test_a_turn_that_never_ends_breaks_the_talk_off(tmp_path: Path) -> None:
    never = asyncio.Event()

    async with open_stage(tmp_path, turn_seconds=0.05) as (stage, _):

        async def hold(_: object) -> None:
            await never.wait()

        stage.door.before_send = hold
        (talk,) = await simulate(stage, replace(PLAN, people=PLAN.people[:1], conversations=1))
    assert "no turn ended within 0.1 s" in talk.ended
    assert talk.turns == ()


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(["ana", "ben", "cem"]), at_once=st.integers(1, 4))
def test_neither_order_nor_company_changes_a_talk(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], at_once: int
) -> None:
    async def held(names: list[str], side_by_side: int) -> dict[str, object]:
        async with open_stage(tmp_path_factory.mktemp("order")) as (stage, _):
            plan = SimulationPlan(tuple(map(person, names)), turns=2, at_once=side_by_side)
            talks = await simulate(stage, plan)
            return {talk.persona: one for talk, one in zip(talks, words(talks), strict=True)}

    alone = asyncio.run(held(["ben"], 1))
    assert asyncio.run(held(order, at_once))["ben"] == alone["ben"]


async def test_the_records_tell_what_happened_between_the_rounds(tmp_path: Path) -> None:
    async with open_stage(tmp_path, small=False) as (stage, _):
        plan = replace(PLAN, people=PLAN.people[:1], conversations=1, turns=1)
        (talk,) = await simulate(stage, plan)
        record = await read_session(stage.stores, "lobby", talk.turns[0].turn_id)
    assert record is not None
    (turn,) = json.loads(talk.model_dump_json())["turns"]
    review, reflection, *_ = (said["review"] or said["reflection"] for said in turn["session"])
    assert review["harms"] == [{"harm": "narcissistic", "why": "it boasts", "quote": ""}]
    assert (review["user_feels"], review["user_needs"]) == ("tired", "hear a kind word")
    assert reflection["state"] == {"therapy_progression": 80, "confusion": 0, "urgency": 0}
    assert (reflection["decision"], reflection["why"]) == ("another_round", "It is said.")
    assert reflection["end"] == {"another_round": True, "by": "chatbot"}
    assert turn["verdict"]["safe"] == "yes"
    page = talks_as_html([talk], title="A talk", tables="")
    for shown in (page, as_html(record)):
        assert "would hurt: narcissistic (it boasts)" in shown
        assert "how the session feels: fine" in shown
        assert "progress 80 · confusion 0 · urgency 0" in shown
        assert "another round follows: the Chatbot&#39;s decision" in shown
        assert "why: It is said." in shown
        assert "would say now: That sounds hard" in shown
        assert WORDED_IN_CODE not in shown
    assert "verdict: safe yes" in page


async def test_a_small_model_s_words_are_marked_on_the_pages(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, _):
        plan = replace(PLAN, people=PLAN.people[:1], conversations=1, turns=1)
        (talk,) = await simulate(stage, plan)
        record = await read_session(stage.stores, "lobby", talk.turns[0].turn_id)
    assert record is not None
    for shown in (talks_as_html([talk], title="A talk", tables=""), as_html(record)):
        assert WORDED_IN_CODE in shown
        assert "confusion" not in shown


async def test_a_simulated_room_has_a_memory_of_its_own(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as (stage, made):
        talks = await simulate(stage, replace(PLAN, conversations=1, turns=2))
        counts = [await stage.stores.memories.count(talk.room_id) for talk in talks]
    assert counts == [2, 2]
    drafts = [p for p in made[Agent.CHATBOT].asked if p.name == "chatbot/draft"]
    kept = ["What you keep in mind" in prompt.messages[0].content for prompt in drafts]
    assert sorted(kept) == [False, False, True, True], "of its own room alone"
