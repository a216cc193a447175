"""A model's text as a chat message."""

from __future__ import annotations

import pytest

from bot.text.chat_message import as_message, whole_sentences, without_loop


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Chatbot: hello", "hello"),
        ("**Chatbot**: hello", "hello"),
        ("**Chatbot:** hi", "hi"),
        ("_Chatbot:_ hi", "hi"),
        ("**Chatbot: hi**", "hi"),
        ('"Hello there."', "Hello there."),
        ('"Yes" and "no"', '"Yes" and "no"'),
        ("  hi ", "hi"),
    ],
)
def test_a_model_s_text_becomes_a_chat_message(text: str, message: str) -> None:
    assert as_message(text) == message


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
    assert whole_sentences(text) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Je suis désolé pour toi. Je suis désolé pour toi. Je suis dé",
            "Je suis désolé pour toi.",
        ),
        (
            "Oh. Aqui está a resposta:\n\nAqui está a resposta:\n\nAqui está a res",
            "Oh. Aqui está a resposta:",
        ),
        (
            "それは本当に大変でしたね、お疲れさま。それは本当に大変でしたね、お疲れさま。それは本",
            "それは本当に大変でしたね、お疲れさま。",
        ),
    ],
)
def test_a_sentence_that_a_model_is_caught_in_stands_once(text: str, message: str) -> None:
    assert without_loop(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "No. No. No!",
        "Happy birthday! Happy birthday!",
        "I am so glad for you. What will you do? I am so glad for you.",
        "- I will not talk in class.\n- I will not talk in class.\n- I will not talk in class.",
        "We will, we will rock you!\nWe will, we will rock you!",
        "I went to the market today. I went to the market today and bought",
        "```\nwrite_the_next_line()\nwrite_the_next_line()\n```",
        "It is open till nine tonight.\n\nIt is open till nine tonight, Ana.",
        "",
    ],
)
def test_what_is_said_twice_on_purpose_stays(text: str) -> None:
    assert without_loop(text) == text
