"""A model's text as a chat message."""

from __future__ import annotations

import pytest

from bot.text.chat_message import as_message, whole_sentences


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
