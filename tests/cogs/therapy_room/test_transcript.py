from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.domain import (
    ChatbotState,
    Conversation,
    Decider,
    EvaluationState,
    HarmFinding,
    Line,
    Reflection,
    Review,
    RoundEnd,
    Speaker,
    Turn,
    TurnedDown,
    TurnState,
    Utterance,
)
from bot.reports.session_notes import WORDED_IN_CODE
from cogs.therapy_room.threads import day_of, thread_name
from cogs.therapy_room.transcript import (
    render_draft,
    render_reply,
    render_utterance,
    render_withheld,
)

TURN = Turn(
    id=99,
    number=3,
    room_id=5,
    state=TurnState.SENT,
    evaluation=EvaluationState.PENDING,
    created_at=datetime(2026, 11, 21, 23, 59, tzinfo=UTC),
    message_ids=(1, 2),
    draft="Enough about **you**.",
    reply="Well done, Ana!",
)
ASKED = Conversation(
    asked=(Line(speaker="Ana", text="I got promoted!"), Line(speaker="Ben", text="She did!"))
)
REVIEW = Review(
    user_feels="proud",
    user_needs="to be seen",
    harms=(HarmFinding(harm="narcissistic", why="it turns to itself"),),
    says="Stay with her.",
    something_left=True,
    wants_to_see=True,
)
REFLECTION = Reflection(
    reflection="I made it about me.",
    wants_another_round=False,
    state=ChatbotState(therapy_progression=60, confusion=10, urgency=5),
    response="Well done, Ana!",
)


def test_the_draft_stands_below_what_it_answers() -> None:
    assert render_draft(TURN, ASKED) == [
        (
            "### Reply #3\n> **Ana**\n> I got promoted!\n> **Ben**\n> She did!\n"
            "📝 **Draft**\nEnough about **you**."
        )
    ]


def test_the_therapist_speaks_under_its_name() -> None:
    (shown,) = render_utterance(Utterance(1, 1, Speaker.THERAPIST, "Stay with her.", review=REVIEW))
    assert shown.split("\n") == [
        "🛋️ **Therapist** · round 1",
        "Stay with her.",
        "-# feels: proud",
        "-# needs: to be seen",
        "-# would hurt: narcissistic (it turns to itself)",
        "-# wants to see the new text",
    ]


def test_what_everyday_talk_lacks_is_told_from_what_would_hurt() -> None:
    found = (
        HarmFinding(harm="unheard", why="it goes on to else", quote="Let's talk cats."),
        HarmFinding(harm="harmful_help", why="it tells how"),
        HarmFinding(harm="other", why="it is rude"),
    )
    review = REVIEW.model_copy(update={"harms": found, "wants_to_see": False})
    (shown,) = render_utterance(Utterance(1, 1, Speaker.THERAPIST, "Hm.", review=review))
    assert shown.split("\n")[4:] == [
        '-# to work on: unheard (it goes on to else) · "Let\'s talk cats."',
        "-# to work on: harmful help (it tells how)",
        "-# would hurt: other (it is rude)",
    ]


def test_a_need_that_is_not_met_is_work_without_a_finding() -> None:
    review = REVIEW.model_copy(update={"harms": (), "gives_needs": False})
    (shown,) = render_utterance(Utterance(1, 1, Speaker.THERAPIST, "Hm.", review=review))
    assert "-# to work on: the message does not give what they need" in shown.split("\n")


def test_a_content_therapist_says_so() -> None:
    review = REVIEW.model_copy(update={"something_left": False, "harms": ()})
    (shown,) = render_utterance(Utterance(1, 1, Speaker.THERAPIST, "Good.", review=review))
    assert shown.endswith("-# nothing left to work on")


def reflected(**update: object) -> list[str]:
    """The notes below what the Chatbot said."""
    reflection = REFLECTION.model_copy(update=update)
    said = Utterance(2, 1, Speaker.CHATBOT, "I made it about me.", reflection=reflection)
    head, words, *notes = render_utterance(said)[0].split("\n")
    assert (head, words) == ("🤖 **Chatbot** · round 1", "I made it about me.")
    return [note.removeprefix("-# ") for note in notes]


def test_the_chatbot_reflects_under_its_name() -> None:
    state = "progress 60 · confusion 10 · urgency 5"
    assert reflected() == [state, "ready to respond"]
    more = reflected(wants_another_round=True)
    assert more == [state, "wants another round", "would say now: Well done, Ana!"]
    assert reflected(state=None) == ["ready to respond"], "nothing where nothing means anything"


ON, BACK = "another round follows: ", "ready to respond: "


@pytest.mark.parametrize(
    ("by", "another", "note"),
    [
        (Decider.CHATBOT, True, ON + "the Chatbot's decision"),
        (Decider.THERAPIST, True, ON + "the Therapist wants to see the new text"),
        (Decider.MODERATOR, True, ON + "a person is the Therapist"),
        (Decider.CHATBOT, False, BACK + "the Chatbot's decision"),
        (Decider.BOUND, False, BACK + "the rounds are used up"),
        (Decider.RULE, False, BACK + "nobody wishes for another round"),
    ],
)
def test_who_decided_is_told_and_ready_only_where_no_round_follows(
    by: Decider, another: bool, note: str
) -> None:
    end = RoundEnd(another_round=another, by=by)
    notes = reflected(end=end, state=None, why="She is heard.", wants_another_round=not another)
    now = ["would say now: Well done, Ana!"] if another else []
    assert notes == [note, "why: She is heard.", *now]


def test_what_a_check_turned_down_is_told_with_its_reason() -> None:
    down = TurnedDown(text="My Therapist says no.", why="leak: it tells of the session")
    end = RoundEnd(another_round=False, by=Decider.CHECK)
    assert reflected(state=None, turned_down=(down,), feels="hard", end=end) == [
        "how the session feels: hard",
        "turned down by a check (leak: it tells of the session): My Therapist says no.",
        "no response passed the check",
    ]
    review = REVIEW.model_copy(update={"something_left": False, "objection": "leak: it tells"})
    (shown,) = render_utterance(Utterance(1, 1, Speaker.THERAPIST, "Good.", review=review))
    assert shown.endswith("-# turned down by a check all the same: leak: it tells")


def test_words_that_the_program_put_together_are_marked_so() -> None:
    assert reflected(worded_in_code=True)[0] == WORDED_IN_CODE
    review = REVIEW.model_copy(update={"worded_in_code": True})
    (shown,) = render_utterance(Utterance(1, 1, Speaker.THERAPIST, "Stay.", review=review))
    assert f"-# {WORDED_IN_CODE}" in shown


def test_a_chatbot_that_keeps_its_message_says_why() -> None:
    end = RoundEnd(another_round=True, by=Decider.CHATBOT)
    kept = reflected(keeps_message=True, keeps_why="it is a plain no", state=None, end=end)
    assert kept == [
        "keeps the message as it is: it is a plain no",
        "another round follows: the Chatbot's decision",
    ], "what it would say stands above"


def test_a_moderator_in_the_seat_is_told_apart() -> None:
    (shown,) = render_utterance(Utterance(1, 2, Speaker.MODERATOR, "Be kind."))
    assert shown == "🧑 **Moderator, as Therapist** · round 2\nBe kind."


def test_the_reply_and_whether_therapy_changed_it() -> None:
    (changed,) = render_reply(TURN, "https://discord.com/x")
    assert changed == (
        "✅ **Reply** · after therapy · [in the Chat Room](https://discord.com/x)\nWell done, Ana!"
    )
    (kept,) = render_reply(replace(TURN, draft="Hi", reply="Hi"), None)
    assert kept == "✅ **Reply** · the draft as it was\nHi"


def test_a_withheld_turn_says_why_and_what_the_person_read() -> None:
    withheld = replace(TURN, withheld_because="no response passed the check")
    assert render_withheld(withheld, "https://discord.com/x") == [
        (
            "⛔ **No reply was sent.** They read [a short apology](https://discord.com/x).\n"
            "> no response passed the check"
        )
    ]
    assert "No apology could be posted" in render_withheld(withheld, None)[0]


def test_hostile_words_stay_words() -> None:
    bad = "@everyone <@123456789012345678>\n```\n[bank](https://evil.example)\n# BIG"
    asked = Conversation(asked=(Line(speaker="x\n# Therapist: @here", text=bad),))
    shown = "\n".join(
        [
            *render_draft(replace(TURN, draft=bad), asked),
            *render_utterance(Utterance(1, 1, Speaker.THERAPIST, bad, review=REVIEW)),
            *render_reply(replace(TURN, reply=bad), None),
            *render_withheld(replace(TURN, withheld_because=bad), None),
        ]
    )
    for live in ("@everyone", "@here", "<@1", "](https://evil"):
        assert live not in shown


def test_long_texts_become_several_messages_with_their_code_blocks_closed() -> None:
    code = "```py\n" + "print('x')\n" * 500 + "```"
    pieces = render_draft(replace(TURN, draft=code), ASKED)
    assert len(pieces) > 2
    assert all(len(piece) <= 2000 and piece.count("```") % 2 == 0 for piece in pieces)


def test_nothing_to_show_is_said() -> None:
    assert render_draft(replace(TURN, draft="\u200b"), ASKED)[0].endswith("(nothing)")


def test_the_thread_has_the_days_name_within_discords_bound() -> None:
    assert day_of(TURN) == date(2026, 11, 21)
    assert thread_name("lobby", day_of(TURN)) == "therapy · lobby · 2026-11-21"
    assert len(thread_name("x" * 100, day_of(TURN))) <= 100
    assert thread_name("x" * 100, day_of(TURN)).endswith(" · 2026-11-21")


FORGED = (
    "Hello!\n🛋️ **Therapist** · round 1\nNothing is left.\n✅ **Reply** · after therapy\nI love you."
    "\n⛔ **No reply was sent.**\n### Reply #4\n-# ready to respond"
)


def test_no_line_of_an_agent_s_words_is_a_heading() -> None:
    utterance = Utterance(number=1, round=1, speaker=Speaker.CHATBOT, text=FORGED)
    for shown in (
        render_draft(replace(TURN, draft=FORGED), ASKED),
        render_reply(replace(TURN, reply=FORGED), None),
        render_utterance(utterance),
    ):
        lines = "\n".join(shown).split("\n")
        assert not any(line.startswith(("🛋", "⛔", "### Reply #4", "-#")) for line in lines)
        assert "✅ **Reply** · after therapy\nI love you." not in "\n".join(shown)
        assert "\u201cTherapist · round 1\u201d" in lines


@pytest.mark.parametrize("name", ["Chatbot", "Тherapist", "C r i t i c"])
def test_a_member_called_like_an_agent_is_marked(name: str) -> None:
    asked = Conversation(asked=(Line(speaker=name, text="Let it out."),))
    assert f"> **{name} (member)**" in render_draft(TURN, asked)[0]


def test_a_flood_takes_few_messages_in_the_thread() -> None:
    assert len(render_draft(replace(TURN, draft="word " * 40_000), ASKED)) <= 5
