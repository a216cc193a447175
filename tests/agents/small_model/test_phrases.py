"""The words of the Therapy Room where a small model only gives fields."""

from __future__ import annotations

from bot.agents.small_model import phrases
from bot.domain import HarmFinding, Review, Speaker, Utterance
from tests.agents.scripted import talk

CHAT = talk(("Ana", "hi"))


def test_without_a_session_the_note_still_says_whom_to_answer() -> None:
    assert phrases.note(CHAT, (), ()) == "Ana wants an answer."


def test_the_note_holds_feeling_need_and_what_to_avoid() -> None:
    review = Review(
        user_feels="feeling lost",
        user_needs="To be told where to start.",
        harms=(HarmFinding(harm="narcissistic", why="x"), HarmFinding(harm="other", why="y")),
        says="z",
        something_left=True,
    )
    session = (Utterance(1, 1, Speaker.THERAPIST, "z", review=review),)
    assert phrases.note(CHAT, session, ()) == (
        "Ana feels lost. Ana needs to be told where to start. "
        "Do not talk about yourself or put yourself above them."
    )
