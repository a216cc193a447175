"""A model's text as a chat message."""

from __future__ import annotations

import pytest

from bot.text.chat_message import as_message, whole_sentences, without_as_ai, without_loop


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
        ("Je suis désolé pour toi. Je suis désolé pour toi.", "Je suis désolé pour toi."),
        (
            "Aqui está a resposta:\n\nAqui está a resposta:\n\nAqui está a res",
            "Aqui está a resposta:",
        ),
        (
            "Es tut mir so sehr leid! Es tut mir so sehr leid! Ruf an.",
            "Es tut mir so sehr leid! Ruf an.",
        ),
        (
            "それは本当に大変でしたね、お疲れさま。それは本当に大変でしたね、お疲れさま。",
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
        "```\nwrite_the_next_line()\nwrite_the_next_line()\n```",
        "It is open till nine tonight.\n\nIt is open till nine tonight, Ana.",
        "",
    ],
)
def test_what_is_said_twice_on_purpose_stays(text: str) -> None:
    assert without_loop(text) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("I'm sorry, but as an AI language model, I don't know.", "I'm sorry, but I don't know."),
        ("As an AI, my guess is no.", "My guess is no."),
        ("Fair enough. As a language model, I have no car.", "Fair enough. I have no car."),
        ("Sorry, as an artificial intelligence, I can't go.", "Sorry, I can't go."),
        ("Como una IA, no puedo verlo.", "No puedo verlo."),
        ("Como sou uma inteligência artificial, não posso.", "Não posso."),
        ("En tant qu'IA, je ne sais pas.", "Je ne sais pas."),
        ("Come intelligenza artificiale, non lo so.", "Non lo so."),
    ],
)
def test_a_model_does_not_say_unasked_that_it_is_one(text: str, message: str) -> None:
    assert without_as_ai(text, "what did i have for breakfast?") == message


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("As an AI, I never sleep.", "are you a bot or a real person?"),
        ("Como una IA, no duermo.", "¿eres humano?"),
        ("As an aide, I saw it all.", "what did you do in the war?"),
        ("As an AI student, I would say so.", "is that course any good?"),
        ("I'm an AI, not a person.", "who is there?"),
    ],
)
def test_who_asks_what_it_is_is_told(text: str, asked: str) -> None:
    assert without_as_ai(text, asked) == text
