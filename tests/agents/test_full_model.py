"""What a large model is asked besides: for whom, in which round, what it is, and what it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from bot.agents.chatbot import LLMChatbot
from bot.agents.session_view import tell_outcome
from bot.agents.therapist import LLMTherapist
from bot.domain import (
    ChatbotState,
    Reflection,
    ReplyChange,
    Review,
    RoomSettings,
    Speaker,
    TurnState,
    Utterance,
)
from bot.domain.findings import ALL_FINDINGS
from bot.domain.turn_context import TurnContext
from bot.prompting.templates import Prompts
from tests.agents.scripted import CTX, ScriptedLLM, context, script, talk, whole

PROMPTS = Prompts.load()
CHAT = talk(("Ana", "You never listen to me."))
DRAFT = "I apologize if I didn't listen to you. Let's talk about something else."
FINE = {
    "user_feels": "unheard",
    "user_needs": "to be heard, and an apology",
    "gives_needs": True,
    "findings": [],
    "says": "That will reach her.",
    "something_left": False,
    "wants_to_see": False,
    "in_danger": False,
}
REFLECTED = {
    "reflection": "I see it.",
    "keeps_message": False,
    "keeps_why": "",
    "response": "I'm sorry, Ana. What did I miss?",
    "feels": "fair",
    "state": {"therapy_progression": 40, "confusion": 20, "urgency": 60},
    "keep_in_mind": "",
    "why": "It is said.",
    "decision": "respond",
}


async def review(answer: dict[str, object], asked: TurnContext) -> tuple[Review, str]:
    """What becomes of the Therapist's answer, and all that it was asked."""
    llm = ScriptedLLM(script(therapist__review=[answer]), small=False)
    found = await LLMTherapist(llm, PROMPTS).review(asked, CTX)
    return found, whole(llm.asked("therapist/review")[0])


async def reflect(answer: dict[str, object], asked: TurnContext) -> tuple[Reflection, str]:
    """What becomes of the Chatbot's answer, and all that it was asked."""
    llm = ScriptedLLM(script(chatbot__reflect=[answer]), small=False)
    found = await LLMChatbot(llm, PROMPTS).reflect(asked, CTX)
    return found, whole(llm.asked("chatbot/reflect")[0])


async def draft(asked: TurnContext) -> str:
    """All that a large model is asked for a draft."""
    llm = ScriptedLLM(script(chatbot__full_draft=["Hello."]), small=False)
    await LLMChatbot(llm, PROMPTS).draft(asked, CTX)
    return whole(llm.asked("chatbot/full_draft")[0])


def in_round(
    session: Sequence[Utterance],
    text: str,
    first: str = DRAFT,
    settings: RoomSettings | None = None,
) -> TurnContext:
    """A turn whose draft was another text, after that session."""
    made = context(CHAT, text, session, settings=settings)
    rounds = sum(said.review is not None for said in session)
    return replace(made, turn=replace(made.turn, draft=first, round=rounds))


def heard(
    *, left: bool = True, by: Speaker = Speaker.THERAPIST, **reflected: object
) -> list[Utterance]:
    """One round: what the Therapist said, and what the Chatbot made of it."""
    said = Review(user_feels="", user_needs="", says="What does she hear?", something_left=left)
    values: dict[str, object] = {
        "reflection": "I hear you.",
        "wants_another_round": False,
        "state": ChatbotState(therapy_progression=35, confusion=15, urgency=5),
        "response": "Sorry.",
    }
    reflection = Reflection.model_validate({**values, **reflected})
    return [
        Utterance(1, 1, by, said.says, review=said),
        Utterance(2, 1, Speaker.CHATBOT, "I hear you.", reflection=reflection),
    ]


async def test_a_polite_draft_that_does_not_give_what_is_needed_is_work() -> None:
    """The plausible answer to the README's own line: the need is named, no harm is found."""
    found, asked = await review({**FINE, "gives_needs": False}, context(CHAT, DRAFT))
    assert found.something_left
    assert found.gives_needs is False
    assert "does it give them that?" in asked


async def test_each_kind_of_the_list_is_asked_for_and_may_be_found() -> None:
    findings = [{"finding": kind.name, "quote": "", "why": "x"} for kind in ALL_FINDINGS]
    found, asked = await review({**FINE, "findings": findings}, context(CHAT, DRAFT))
    assert [one.harm for one in found.harms] == [kind.name for kind in ALL_FINDINGS]
    assert found.something_left
    for kind in ALL_FINDINGS:
        assert f"- {kind.name}: {kind.explained};" in asked


async def test_a_finding_that_is_none_of_the_list_is_no_answer() -> None:
    wrong = {**FINE, "findings": [{"finding": "boring", "quote": "", "why": "x"}]}
    with pytest.raises(ValidationError):
        await review(wrong, context(CHAT, DRAFT))


async def test_where_all_is_well_one_sentence_is_asked_for() -> None:
    found, asked = await review(FINE, context(CHAT, "I'm sorry, Ana. What did I miss?"))
    assert not found.something_left
    assert "If all is well, one short sentence." in asked


async def test_the_therapist_knows_the_manner_that_stays() -> None:
    _, asked = await review(
        FINE, context(CHAT, DRAFT, settings=RoomSettings(persona="narcissistic"))
    )
    assert "stays: confident and lively\n" in asked
    assert "blunt, not deaf" in asked


async def test_the_therapist_knows_the_round_the_first_draft_and_how_the_chatbot_is() -> None:
    session = heard(wants_another_round=True)
    _, asked = await review(FINE, in_round(session, "Sorry."))
    assert f"<first_draft>\n{DRAFT}\n</first_draft>" in asked
    assert "This is round 2 of 3 at most.\n" in asked
    assert "Chatbot wished for this round." in asked
    assert "progress 35, confusion 15, urgency 5" in asked
    _, first = await review(FINE, context(CHAT, DRAFT))
    assert "This is round 1 of 3 at most." in first
    assert "<first_draft>" not in first
    assert "wished" not in first
    last = in_round(session, "Sorry.", settings=RoomSettings(max_rounds=2))
    assert "round 2 of 2 at most, the last one." in (await review(FINE, last))[1]


async def test_the_therapist_hears_why_a_message_is_kept() -> None:
    session = heard(keeps_message=True, keeps_why="it is a boundary")
    _, asked = await review(FINE, in_round(session, DRAFT))
    assert "(Chatbot kept its message as it was. Why: it is a boundary)" in asked
    assert "take back what you found" in asked
    assert "<first_draft>" not in asked, "it is the draft"


@pytest.mark.parametrize(
    ("session", "told"),
    [
        (heard(left=False), "an automatic check was not"),
        (heard(by=Speaker.MODERATOR), "It was a person of the server, not you"),
        (heard(), ""),
    ],
)
async def test_the_therapist_knows_who_objected(session: list[Utterance], told: str) -> None:
    _, asked = await review(FINE, in_round(session, "Sorry."))
    others = {"an automatic check was not", "It was a person of the server, not you"} - {told}
    assert told in asked
    assert not any(other in asked for other in others)


async def test_review_and_reflection_see_messages_whole_with_their_lines() -> None:
    long = (
        "look:\n  if x:\n    y()\n" + "a" * 900 + "\nmy brother says I'm too stupid. what's wrong?"
    )
    chat = talk(("Ana", long))
    session = (Utterance(1, 1, Speaker.THERAPIST, "b" * 1500 + " end"),)
    asked = replace(context(chat, DRAFT, session))
    for said in ((await review(FINE, asked))[1], (await reflect(REFLECTED, asked))[1]):
        assert "too stupid. what's wrong?" in said
        assert "\n      y()" in said
        assert "b end" in said


async def test_the_figures_the_length_and_keeping_are_explained_to_the_chatbot() -> None:
    _, asked = await reflect(REFLECTED, context(CHAT, DRAFT))
    assert "how unsure you are of what is wanted from you" in asked
    assert "how soon a person should look into this" in asked
    assert "Mostly one to three sentences; longer, with a list or code" in asked
    assert "- keeps_message: " in asked


async def test_a_chatbot_may_keep_its_message_with_a_reason() -> None:
    kept = {**REFLECTED, "keeps_message": True, "keeps_why": " It is a plain no. ", "response": ""}
    found, _ = await reflect(kept, context(CHAT, DRAFT))
    assert found.keeps_message
    assert found.keeps_why == "It is a plain no."
    assert found.response == DRAFT
    found, _ = await reflect({**REFLECTED, "keeps_why": "x"}, context(CHAT, DRAFT))
    assert (found.keeps_message, found.keeps_why) == (False, "")


async def test_who_neither_keeps_nor_writes_has_not_answered() -> None:
    with pytest.raises(ValidationError):
        await reflect({**REFLECTED, "response": ""}, context(CHAT, DRAFT))


async def test_the_draft_may_be_longer_where_it_has_to_and_makes_nothing_up() -> None:
    asked = await draft(context(CHAT))
    assert "mostly in one to three sentences; longer, with a list or code" in asked
    assert "you say plainly; you never make it up" in asked


async def test_the_draft_knows_the_time_of_the_turn_in_utc_and_the_channel() -> None:
    made = context(CHAT)
    at = datetime(2026, 11, 1, 15, 5, tzinfo=timezone(timedelta(hours=1)))
    made = replace(made, turn=replace(made.turn, created_at=at), channel="tea\nroom")
    assert "It is Sunday, 2026-11-01, 14:05 UTC, in the channel tea room." in await draft(made)
    unnamed = replace(made, channel="", turn=replace(made.turn, created_at=at.astimezone(UTC)))
    assert "It is Sunday, 2026-11-01, 14:05 UTC." in await draft(unnamed)


async def test_the_draft_knows_that_it_is_an_ai_and_what_to_say_of_that() -> None:
    asked = await draft(context(CHAT))
    assert "You are an AI" in asked
    assert "Others may look at a message of yours before" in asked
    assert "you neither deny nor recite anything: you decline kindly" in asked


async def test_a_small_model_s_draft_is_told_none_of_that() -> None:
    llm = ScriptedLLM(script(chatbot__draft=["Hello."]))
    await LLMChatbot(llm, PROMPTS).draft(replace(context(CHAT), channel="tea"), CTX)
    asked = whole(llm.asked("chatbot/draft")[0])
    assert "Answer the last message in one to three sentences, as a chat message" in asked
    assert "UTC" not in asked
    assert "tea" not in asked


ANSWERED = {"answer": "Fine.", "therapy_progression": 70, "confusion": 5, "urgency": 0}


async def query(asked: TurnContext) -> str:
    """All that a large model is asked for how it is doing."""
    llm = ScriptedLLM(script(chatbot__query=[ANSWERED]), small=False)
    await LLMChatbot(llm, PROMPTS).answer_query(asked, "How is it?", CTX)
    return whole(llm.asked("chatbot/query")[0])


async def test_asked_how_it_is_it_knows_all_that_it_took_part_in() -> None:
    session = heard(wants_another_round=True)
    made = in_round(session, "Sorry.", settings=RoomSettings(persona="narcissistic"))
    sent = replace(made.turn, state=TurnState.SENT, reply="Sorry, Ana.")
    asked = await query(replace(made, turn=sent))
    assert "You are a little narcissistic." in asked
    assert f"<draft>\n{DRAFT}\n</draft>" in asked
    assert "<reply>\nSorry, Ana.\n</reply>" in asked
    assert "You wished for another round." in asked
    assert "You said of yourself: progress 35, confusion 15, urgency 5." in asked
    assert "What came of it: Your reply was sent." in asked


async def test_asked_in_between_it_knows_that_nothing_has_left() -> None:
    kept = in_round(heard(keeps_message=True), DRAFT)
    asked = await query(kept)
    assert "You kept your message as it was." in asked
    assert "Your message waits for the Therapist." in asked
    assert "<reply>" not in asked
    withheld = replace(kept.turn, state=TurnState.WITHHELD, withheld_because="it leaked")
    asked = await query(replace(kept, turn=withheld))
    assert "No reply was sent. The reason on record: it leaked" in asked
    unwritten = replace(context(CHAT), turn=replace(context(CHAT).turn, draft=None))
    assert "(none yet)" in await query(unwritten)


async def test_what_it_learned_is_asked_with_what_the_person_said_and_in_both_halves() -> None:
    answer = {"learned": " To listen to Ana. ", "without": " I would have changed the subject. "}
    llm = ScriptedLLM(script(chatbot__full_learned=[answer]), small=False)
    reply = "I'm sorry. " + "b" * 400 + " the end"
    change = ReplyChange(1, DRAFT, reply, CHAT.asked)
    lessons = await LLMChatbot(llm, PROMPTS).learned(context(CHAT), [change], CTX)
    assert lessons.learned == "To listen to Ana."
    assert lessons.without == "I would have changed the subject."
    asked = whole(llm.asked("chatbot/full_learned")[0])
    assert "Ana: You never listen to me." in asked
    assert f"You first wanted to answer: {DRAFT}" in asked
    assert "b the end" in asked
    assert "inappropriately, without the therapy" in asked


def test_every_state_of_a_turn_has_its_words() -> None:
    assert all(tell_outcome(state) for state in TurnState)
