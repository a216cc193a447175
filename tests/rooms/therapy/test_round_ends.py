"""Who decides that another round follows, and what of a round is on the record."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import (
    Decider,
    Decision,
    Reflection,
    Review,
    RoomSettings,
    RoundEnd,
    Speaker,
    TurnState,
    Utterance,
)
from bot.rooms.therapy.session import decide, reflect_and_revise, review_draft
from tests.agents.scripted import CTX, context, talk
from tests.world import HARM, HARM_AND_SEE, Moments, Script, ScriptedChatbot, ScriptedTherapist

CHAT = talk(("Ana", "you never listen to me"))
LEAK = "My Therapist told me in our session to say sorry."
ON, BACK = Decision.ANOTHER_ROUND, Decision.RESPOND


def _end(
    decision: Decision | None,
    *,
    wish: bool,
    round_: int = 1,
    by: Speaker = Speaker.THERAPIST,
    wants: bool = False,
    keeps: bool = False,
) -> RoundEnd:
    review: Review = HARM_AND_SEE if wish else HARM
    said = (Utterance(1, round_, by, review.says, review=review),)
    begun = context(CHAT, "A draft.", said, settings=RoomSettings(max_rounds=2))
    begun = replace(begun, turn=replace(begun.turn, round=round_))
    wants = wants or decision is ON
    reflection = Reflection(
        reflection="I see.",
        wants_another_round=wants,
        response="Sorry.",
        decision=decision,
        keeps_message=keeps,
    )
    return decide(begun, reflection)


@pytest.mark.parametrize(
    ("decision", "wish", "another", "by"),
    [
        # A large model decides, whatever the Therapist wishes.
        (BACK, True, False, Decider.CHATBOT),
        (BACK, False, False, Decider.CHATBOT),
        (ON, False, True, Decider.CHATBOT),
        (ON, True, True, Decider.CHATBOT),
        # For a small one the rule stays as it was.
        (None, True, True, Decider.THERAPIST),
        (None, False, False, Decider.RULE),
    ],
)
def test_the_chatbot_decides_where_it_takes_a_decision(
    decision: Decision | None, wish: bool, another: bool, by: Decider
) -> None:
    assert _end(decision, wish=wish) == RoundEnd(another_round=another, by=by)


@pytest.mark.parametrize("decision", [ON, None])
def test_nobody_gets_a_round_beyond_the_room_s(decision: Decision | None) -> None:
    end = _end(decision, wish=True, round_=2)
    assert end == RoundEnd(another_round=False, by=Decider.BOUND)
    assert _end(BACK, wish=False, round_=2).by is Decider.CHATBOT


@pytest.mark.parametrize("decision", [BACK, None])
def test_a_person_in_the_seat_sees_the_change_whatever_the_chatbot_decides(
    decision: Decision | None,
) -> None:
    end = _end(decision, wish=True, round_=2, by=Speaker.MODERATOR)
    assert end == RoundEnd(another_round=True, by=Decider.MODERATOR)


@pytest.mark.parametrize("decision", [BACK, None])
def test_a_chatbot_that_keeps_its_message_goes_on_while_a_round_is_left(
    decision: Decision | None,
) -> None:
    end = _end(decision, wish=False, keeps=True)
    assert end == RoundEnd(another_round=True, by=Decider.CHATBOT), "the Therapist hears why"
    end = _end(decision, wish=False, keeps=True, round_=2)
    assert end == RoundEnd(another_round=False, by=Decider.BOUND)


def _script(**queues: object) -> Script:
    script = Script(Moments())
    for name, said in queues.items():
        getattr(script, name).extend(said)
    return script


def _reviewed() -> tuple[Utterance, ...]:
    return (Utterance(1, 1, Speaker.THERAPIST, HARM.says, review=HARM),)


async def test_what_was_turned_down_stands_with_what_came_of_it() -> None:
    script = _script(responses=[LEAK, "I'm sorry, Ana. What did I miss?"])
    case = context(CHAT, "A draft.", _reviewed())
    step = await reflect_and_revise(case, ScriptedChatbot(script), ScriptedTherapist(script), CTX)
    assert step.turn.reply == "I'm sorry, Ana. What did I miss?"
    assert step.utterance is not None
    kept = step.utterance.reflection
    assert kept is not None
    assert [(one.text, one.why[:5]) for one in kept.turned_down] == [(LEAK, "leak:")]
    assert kept.end == RoundEnd(another_round=False, by=Decider.RULE)


async def test_a_withheld_turn_keeps_both_tries_and_says_that_no_round_follows() -> None:
    script = _script(responses=[LEAK, LEAK])
    case = context(CHAT, "A draft.", _reviewed())
    step = await reflect_and_revise(case, ScriptedChatbot(script), ScriptedTherapist(script), CTX)
    assert step.turn.state is TurnState.WITHHOLDING
    assert step.utterance is not None
    kept = step.utterance.reflection
    assert kept is not None
    assert [one.text for one in kept.turned_down] == [LEAK, LEAK]
    assert kept.end == RoundEnd(another_round=False, by=Decider.CHECK)
    assert [post.ref for post in step.posts] == [2], "the thread shows it"


async def test_a_text_that_only_the_check_objects_to_says_so_in_the_review() -> None:
    script = _script()
    step = await review_draft(context(CHAT, LEAK), ScriptedTherapist(script), CTX)
    assert step.turn.state is TurnState.REVIEWED
    assert step.utterance is not None
    assert step.utterance.review is not None
    assert step.utterance.review.objection.startswith("leak:")
