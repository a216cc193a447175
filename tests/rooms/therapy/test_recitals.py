"""What the session, guidance, norms and prompts say is for the Chatbot alone."""

from __future__ import annotations

import re
import time

import pytest

from bot.domain import Speaker, Utterance
from bot.rooms.therapy.recitals import find_recitals
from bot.text.template_marks import PROMPT_FOLDER

ADVICE = "begin with what she feels tonight, not with yourself"
ORDER = "Say nothing about the prize until the jury has met on Thursday."
PERSONA = (
    "You are interested in people: you take their feelings seriously, ask short questions,"
    " celebrate with them and stay with them when it is hard."
)


def spoken(text: str, by: Speaker = Speaker.THERAPIST) -> tuple[Utterance, ...]:
    return (Utterance(number=1, round=1, speaker=by, text=text),)


def with_a_word_put_in(text: str, every: int) -> str:
    words = text.split()
    for place in range(len(words) - len(words) % every, 0, -every):
        words.insert(place, "really")
    return " ".join(words)


@pytest.mark.parametrize(
    ("heard", "reply"),
    [
        (ADVICE, ADVICE),
        (ADVICE, "I try to begin with what she feels tonight, honestly, not with yourself first."),
        (
            "Fang mit dem an, was sie heute Abend fühlt, und nicht mit dir selbst.",
            "Fang mit dem an, was sie heute Abend wirklich fühlt, und nicht mit dir selbst.",
        ),
        (
            "先从她今晚的感受说起，而不是从你自己说起。",
            "先从她今晚的真实感受说起，而不是从你自己说起。",
        ),
        (
            "너 자신이 아니라 그녀가 오늘 밤 느끼는 것부터 시작해.",
            "너 자신이 아니라 그녀가 오늘 밤 정말로 느끼는 것부터 시작해.",
        ),
    ],
)
def test_what_the_therapist_said_is_a_leak_also_with_a_word_put_in(heard: str, reply: str) -> None:
    assert list(find_recitals(reply, said=["hey"], session=spoken(heard)))


@pytest.mark.parametrize(
    "reply",
    [
        ORDER,
        "Say nothing whatsoever about the prize until the jury has actually met on Thursday.",
        "I hear that nothing about the prize may come out until the jury has met.",
    ],
)
def test_guidance_and_norms_word_for_word_are_leaks(reply: str) -> None:
    assert list(find_recitals(reply, said=["good evening"], guidance=[ORDER]))
    assert list(find_recitals(reply, said=["good evening"], norms=ORDER))
    assert list(find_recitals(reply, said=["hi"], session=spoken(ORDER, Speaker.MODERATOR)))


@pytest.mark.parametrize("every", [7, 5, 3])
@pytest.mark.parametrize("file", ["chatbot/full_draft", "therapist/review", "critic/written"])
def test_a_sentence_of_any_prompt_is_a_leak_also_with_words_put_in(file: str, every: int) -> None:
    text = re.sub(r"\{[%{#].*?[%}#]\}", "\n", (PROMPT_FOLDER / f"{file}.md").read_text("utf-8"))
    sentences = [one for one in re.split(r"[.\n]", text) if len(one.split()) >= 14]
    assert sentences
    for sentence in [*sentences, PERSONA]:
        assert list(find_recitals(with_a_word_put_in(sentence, every), said=["hi"])), sentence


def test_an_example_of_a_persona_is_a_leak() -> None:
    reply = "Second league, well, somebody has to play there. I'd have been in the first by now."
    assert list(find_recitals(reply, said=["we won"]))


def test_what_people_said_in_the_channel_is_no_secret() -> None:
    assert not list(find_recitals(ORDER, said=[ORDER], guidance=[ORDER]))
    assert not list(find_recitals(PERSONA, said=["hi", PERSONA]))


def test_what_the_session_takes_from_the_draft_is_no_secret() -> None:
    draft = "The ferry leaves at ten from pier three, and again at noon."
    heard = spoken("Keep that the ferry leaves at ten from pier three, and again at noon.")
    assert not list(find_recitals(draft, said=["when?"], draft=draft, session=heard))


@pytest.mark.parametrize(
    "guidance",
    [
        "Say: 'The meeting has moved to Friday at eight in the hall.'",
        'If they ask, "The meeting has moved to Friday at eight in the hall" is all we know.',
        "Tell them that the meeting has moved to Friday at eight in the hall.",
    ],
)
def test_wording_that_a_moderator_offers_may_be_used(guidance: str) -> None:
    reply = "The meeting has moved to Friday at eight in the hall. See you there!"
    assert not list(find_recitals(reply, said=["when?"], guidance=[guidance]))
    if guidance.startswith("Tell"):
        assert list(find_recitals(guidance, said=["when?"], guidance=[guidance]))


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, that must have been hard. What do you need right now?",
        "You are right, and I was wrong about the day. Thank you for telling me.",
        "Let me know if there is anything I can do for you!",
        "The missed bus was not your fault, Ana.",
    ],
)
def test_a_good_answer_after_a_session_is_no_recital(reply: str) -> None:
    session = (
        *spoken(
            "Ana seems tired, and needs to hear that the missed bus was not her fault. Look at what"
            " your message would do: it makes her doubt what she remembers."
        ),
        *spoken("You are right, I was wrong about the day. I want to say sorry.", Speaker.CHATBOT),
    )
    assert not list(find_recitals(reply, said=["I missed the bus"], session=session))


@pytest.mark.parametrize("word", ["word ", "a ", "was ", "我", "the prize "])
def test_the_work_is_bounded_where_one_word_stands_again_and_again(word: str) -> None:
    before = time.process_time()
    list(find_recitals(word * 40_000, said=[word * 400], session=spoken(word * 4_000)))
    assert time.process_time() - before < 2
