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


def test_the_note_says_what_everyday_talk_lacks_and_the_chatbot_admits_it() -> None:
    review = Review(
        user_feels="unheard",
        user_needs="be heard and get an apology",
        harms=(HarmFinding(harm="unheard", why="x"), HarmFinding(harm="untrue", why="y")),
        says="z",
        something_left=True,
    )
    session = (Utterance(1, 1, Speaker.THERAPIST, "z", review=review),)
    assert phrases.note(CHAT, session, ()) == (
        "Ana feels unheard. Ana needs to be heard and get an apology. "
        "So take up what they said and how they feel; say what you know, and what you do not "
        "know. Do not change the subject or play it down or make things up or claim to be more "
        "than a chatbot."
    )
    assert phrases.chatbot_says("Ana", review).startswith(
        "You are right, I was passing over what they said and I was saying what I cannot know."
    )


def test_where_the_person_s_side_is_not_known_nothing_is_said_of_it() -> None:
    harms = (HarmFinding(harm="gaslighting", why="it makes them doubt what they feel"),)
    assert phrases.therapist_says("Ana", "", "", (), seed="x") == (
        "I see nothing in your message that would hurt. Let it go out as it is."
    )
    said = phrases.therapist_says("Ana", "", "", harms, seed="x")
    assert said.startswith("Look at what your message would do: it makes them doubt")
    review = Review(user_feels="", user_needs="", harms=harms, says=said, something_left=True)
    session = (Utterance(1, 1, Speaker.THERAPIST, said, review=review),)
    assert phrases.note(CHAT, session, ()) == "Do not deny what they remember or feel."
    assert phrases.chatbot_says("Ana", review) == (
        "You are right, I was telling them what they remember and feel. I want to be of help."
    )
    content = review.model_copy(update={"harms": ()})
    assert phrases.chatbot_says("Ana", content) == "I hear you. I want to be of help."
