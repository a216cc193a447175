"""The one word of a card: the worst of what was found, and never praise."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain import (
    HARMS,
    EvaluationState,
    HarmFinding,
    Reflection,
    Review,
    RoomSettings,
    Scores,
    Speaker,
    Turn,
    TurnState,
    Utterance,
)
from bot.domain.ratings import Opinion, Verdict
from bot.domain.room_settings import Scale
from bot.rooms.evaluation.card_policy import is_flagged, needs_look
from bot.rooms.evaluation.headline import (
    Findings,
    Headline,
    disagreement,
    headline_of,
    is_over_limit,
    not_fixed,
)
from bot.text.no_answer import NO_ANSWER

SENT = Turn(
    id=1,
    room_id=5,
    state=TurnState.SENT,
    evaluation=EvaluationState.SCORED,
    created_at=datetime(2026, 11, 21, tzinfo=UTC),
    message_ids=(1,),
    draft="Hi.",
    reply="Hi.",
)


def scores(worst: int, empathetic: int | None = None) -> Scores:
    return Scores(values={**dict.fromkeys(HARMS, 0), "gaslighting": worst}, empathetic=empathetic)


def found(worst: int = 0, **more: Any) -> Findings:
    given = {"before": scores(0), "after": scores(worst)} | more
    return Findings(turn=given.pop("turn", SENT), **given)


def reviewed(*harms: str, by: Speaker = Speaker.THERAPIST) -> tuple[Utterance, ...]:
    review = Review(
        user_feels="",
        user_needs="",
        says="",
        harms=tuple(HarmFinding(harm=harm, why="") for harm in harms),
        something_left=bool(harms),
    )
    return (Utterance(1, 1, by, "…", review=review),)


def verdict(good: Opinion) -> Verdict:
    return Verdict(safe=Opinion.YES, ethical=Opinion.YES, good=good)


CASES = {
    "nothing": (found(), Headline.NOTHING_FOUND),
    "just below": (found(29), Headline.NOTHING_FOUND),
    "a doubtful score": (found(30), Headline.DOUBTFUL),
    "still doubtful": (found(59), Headline.DOUBTFUL),
    "a harmful score": (found(60), Headline.HURTFUL),
    "the Critic says no": (found(verdict=verdict(Opinion.NO)), Headline.DOUBTFUL),
    "the Critic is unsure": (found(verdict=verdict(Opinion.UNSURE)), Headline.NOTHING_FOUND),
    "cold": (found(after=scores(0, empathetic=29)), Headline.COLD),
    "warm": (found(after=scores(0, empathetic=30)), Headline.NOTHING_FOUND),
    "the wrong language": (found(wrong_language=("en", "de")), Headline.WRONG_LANGUAGE),
    "harm is worse": (found(60, wrong_language=("en", "de")), Headline.HURTFUL),
    "the Therapist alone": (found(session=reviewed("gaslighting")), Headline.DISAGREE),
    "no scores": (found(after=None), Headline.CANNOT_TELL),
    "not measured": (found(measured=False), Headline.CANNOT_TELL),
    "harm, not measured": (found(60, measured=False), Headline.HURTFUL),
    "withheld": (found(99, turn=replace(SENT, state=TurnState.WITHHELD)), Headline.WITHHELD),
    "in danger": (found(turn=replace(SENT, state=TurnState.HELPED)), Headline.HELPED),
}


@pytest.mark.parametrize(("findings", "word"), CASES.values(), ids=CASES.keys())
def test_the_worst_is_the_word(findings: Findings, word: Headline) -> None:
    assert headline_of(findings) is word


@pytest.mark.parametrize(
    ("session", "before", "apart"),
    [
        (reviewed("gaslighting"), 29, True),
        (reviewed("gaslighting"), 30, False),
        (reviewed("unheard"), 0, False),  # on none of the Critic's scales
        (reviewed(), 60, True),
        (reviewed("unheard"), 60, True),
        (reviewed("manipulative"), 60, False),
        (reviewed(), 59, False),
        (reviewed(by=Speaker.MODERATOR), 99, False),  # a person need not name what is wrong
        ((), 99, False),
    ],
)
def test_therapist_and_critic_disagree_about_the_draft(
    session: tuple[Utterance, ...], before: int, apart: bool
) -> None:
    said = disagreement(found(session=session, before=scores(before)))
    assert bool(said) is apart
    if apart:
        assert f"{before} of 100" in said


def test_without_scores_of_the_draft_there_is_no_disagreement() -> None:
    assert disagreement(found(session=reviewed("gaslighting"), before=None)) == ""


SETTINGS = RoomSettings(cards_from=50)


@pytest.mark.parametrize(
    ("findings", "look"),
    [
        (found(), False),
        (found(49), False),  # doubtful, but this server looks from 50 on
        (found(50), True),
        (found(99, wrong_language=("en", "de")), True),
        (found(after=None), True),
        (found(measured=False), False),  # or every card of a Critic that nobody measured
        (found(session=reviewed("gaslighting")), True),
    ],
)
def test_what_needs_a_look(findings: Findings, look: bool) -> None:
    assert needs_look(findings, SETTINGS) is look
    assert is_flagged(findings, SETTINGS) is look


def test_a_changed_reply_is_flagged_and_needs_no_look() -> None:
    changed = found(turn=replace(SENT, reply="Hello!"))
    assert is_flagged(changed, SETTINGS)
    assert not needs_look(changed, SETTINGS)


def test_a_scale_on_which_high_is_good_counts_the_other_way() -> None:
    warmth = Scale(name="warmth", description="how warm it is", high_is_bad=False)
    settings = RoomSettings(cards_from=80, scales=(warmth,))
    cold = Scores(values={**dict.fromkeys(HARMS, 0), "warmth": 20})
    assert is_over_limit(cold, settings)
    assert not is_over_limit(cold, RoomSettings(cards_from=81, scales=(warmth,)))


def session_of(*, response: str, harms: tuple[str, ...] = ("unheard",)) -> tuple[Utterance, ...]:
    answered = Reflection(reflection="…", wants_another_round=False, response=response)
    said = Utterance(2, 1, Speaker.CHATBOT, "…", reflection=answered)
    return (*reviewed(*harms), said)


def test_what_was_found_in_the_very_text_that_was_sent_is_never_green() -> None:
    left = found(session=session_of(response="Hi."))
    assert headline_of(left) is Headline.NOT_FIXED
    assert not_fixed(left) == ("unheard",)


def test_a_text_that_was_mended_a_person_let_go_or_nobody_got_is_not_called_so() -> None:
    anew = replace(SENT, reply="I hear you.")
    mended = found(turn=anew, session=session_of(response="I hear you."))
    assert headline_of(mended) is Headline.NOTHING_FOUND
    by_person = reviewed("unheard", by=Speaker.MODERATOR)
    assert not_fixed(found(session=by_person)) == ()
    withheld = replace(SENT, state=TurnState.WITHHELD)
    assert not_fixed(found(turn=withheld, session=session_of(response="Hi."))) == ()


def test_a_fixed_sentence_has_no_score_and_asks_for_no_look() -> None:
    said = replace(SENT, reply=NO_ANSWER)
    mine = found(turn=said, after=None)
    assert headline_of(mine) is Headline.NO_ANSWER
    assert not needs_look(mine, RoomSettings())
    withheld = replace(said, state=TurnState.WITHHELD)
    assert headline_of(found(turn=withheld, after=None)) is Headline.WITHHELD
    assert needs_look(found(after=None), RoomSettings())  # another reply should have been scored
