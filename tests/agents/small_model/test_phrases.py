"""The words of the Therapy Room where a small model only gives fields."""

from __future__ import annotations

import pytest

from bot.agents.small_model import phrases
from bot.domain import HarmFinding, Review, Speaker, Utterance
from tests.agents.scripted import talk

CHAT = talk(("Ana", "hi"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Chatbot: hello", "hello"),
        ("**Chatbot**: hello", "hello"),
        ('"Hello there."', "Hello there."),
        ('"Yes" and "no"', '"Yes" and "no"'),
        ("  hi ", "hi"),
    ],
)
def test_a_model_s_text_becomes_a_chat_message(text: str, message: str) -> None:
    assert phrases.as_message(text) == message


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("One. Two and thr", "One."),
        ("One two thr", "One two thr"),
        ("One. Two!", "One. Two!"),
        ("Glad! 🎉", "Glad! 🎉"),
        ("Try `ls`", "Try `ls`"),
        ("", ""),
    ],
)
def test_a_cut_sentence_goes(text: str, kept: str) -> None:
    assert phrases.whole_sentences(text) == kept


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
