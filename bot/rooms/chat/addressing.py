# ruff: noqa: RUF001 (letters that look alike are what this is about)
"""Whether a message in the Chat Room is for the Chatbot. Pure: no clock, and nothing of Discord.

By default it answers who mentions it, replies to it or calls it by name, and a question to the
room while nobody else is being talked to. It never speaks between two people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain import ReplyWhen
from bot.rooms.chat.question_words import CLOSERS, EVERYBODY, GREETINGS, OPENERS, TAGS

FEWEST_WORDS: Final = 2
"""Fewest words of a question that is one for itself: "why?" asks whoever has just spoken."""
FEWEST_SIGNS: Final = 4
"""The same in letters, for scripts that have no spaces between words."""

MOST_SENTENCES: Final = 50
"""Of one message that are looked at: whoever writes more says at the beginning or the end whom."""

_NOT_SAID: Final = re.compile(
    r"```[\s\S]*?(?:```|\Z)|`[^`]*`|^\s*>[^\n]*|https?://\S+|<[@#:a][^>\s]{0,80}>|<?:\w{2,32}:>?",
    re.MULTILINE,
)
"""Code, quotes, links, mentions and emoji: no words to anybody."""
_COMMAND: Final = re.compile(r"\s*[!$%&/\\.\-;+=?]\w")
"""How commands to other bots begin."""
_SENTENCE: Final = re.compile(r"[^.!?？！。\n]*[.!?？！。]*")
_MARKED: Final = re.compile(r"[?？]")
_WORD: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_NO_SPACES: Final = re.compile("[ぁ-ヿㇰ-ㇿ一-鿿㐀-䶿가-힣]")


@dataclass(frozen=True, slots=True)
class AddressedMessage:
    """What tells whom a message is for.

    ``text`` is as it was written, mentions in Discord's form. ``own_names`` are what the Chatbot
    is called in the server, ``other_names`` what those are called who have lately spoken.
    """

    text: str
    own_names: tuple[str, ...] = ()
    other_names: tuple[str, ...] = ()
    to_chatbot: bool = False
    """It mentions the Chatbot, or replies to it."""
    to_others: bool = False
    """It mentions or replies to somebody else, a role, or everybody."""
    others_talk: bool = False
    """Somebody else has just said something that was not for the Chatbot."""


def is_for_chatbot(message: AddressedMessage, when: ReplyWhen) -> bool:
    """Return whether the room's setting asks for an answer to the message."""
    if when is ReplyWhen.ALWAYS or message.to_chatbot:
        return True
    if when is ReplyWhen.MENTIONED or message.to_others:
        return False
    if _is_called(_NOT_SAID.sub(" ", message.text), message.own_names):
        return True
    return asks_room(message.text, message.other_names, others_talk=message.others_talk)


def asks_room(text: str, other_names: Collection[str] = (), *, others_talk: bool = False) -> bool:
    """Return whether somebody asks whoever is there, and not one of the others.

    While ``others_talk``, only a question counts that asks everybody in so many words.
    """
    sentences = _sentences(_NOT_SAID.sub(" ", text))
    if _COMMAND.match(text) or any(_calls_one_of(other_names, one) for one in sentences):
        return False
    questions = filter(_is_question, sentences)
    return any(EVERYBODY.search(one) or not others_talk for one in questions)


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text: of very many the first and the last."""
    found = [sentence for match in _SENTENCE.finditer(text) if (sentence := match[0].strip())]
    if len(found) <= MOST_SENTENCES:
        return found
    half = MOST_SENTENCES // 2
    return found[:half] + found[-half:]


def _is_question(sentence: str) -> bool:
    """Return whether a sentence asks for an answer, with its mark or without."""
    words = sentence.rstrip(".!?？！。 ")
    bare = GREETINGS.sub("", words, count=1) if GREETINGS.match(words) else words
    if not _MARKED.search(sentence):
        return bool(OPENERS.match(bare) or CLOSERS.search(words)) and _is_long_enough(bare)
    if EVERYBODY.search(words):
        return True
    last_part = re.split("[,，、]", words)[-1].strip(" ¿¡")
    return _is_long_enough(bare) and not TAGS.fullmatch(last_part)


def _is_long_enough(words: str) -> bool:
    if len(_NO_SPACES.findall(words)) >= FEWEST_SIGNS:
        return True
    return len(_WORD.findall(words)) >= FEWEST_WORDS


def _is_called(text: str, names: Iterable[str]) -> bool:
    """Return whether the Chatbot is called by one of its names, or asked about by it."""
    for sentence in _sentences(text):
        for name in _words_of(names, sentence):
            if re.search(name, sentence, re.IGNORECASE) and (
                _stands_apart(name, sentence) or _is_question(sentence)
            ):
                return True
    return False


def _calls_one_of(names: Iterable[str], sentence: str) -> bool:
    """Return whether the sentence is said to one of these people, by name."""
    return any(
        _stands_apart(name, sentence, ends=_is_question) for name in _words_of(names, sentence)
    )


def _stands_apart(name: str, sentence: str, ends: Callable[[str], bool] = lambda _: True) -> bool:
    """Return whether a name stands at the beginning, after a comma, or at the end.

    ``ends`` says of a sentence whether a name at its end is a call: "did you see that, Max?"
    """
    bare = GREETINGS.sub("", sentence, count=1) if GREETINGS.match(sentence) else sentence
    places = rf"\A\W*{name}|[,，、]\s*{name}\s*(?:[,.!?？！。，、]|\Z)"
    if re.search(places, bare, re.IGNORECASE):
        return True
    return bool(re.search(rf"{name}\W*\Z", bare, re.IGNORECASE)) and ends(sentence)


def _words_of(names: Iterable[str], sentence: str) -> Iterator[str]:
    """Yield the names that a sentence has in it, as patterns.

    One of a single letter would be found in too many places.
    """
    said = _folded(sentence)
    for name in map(str.strip, names):
        if len(name) > 1 and _folded(name) in said:
            yield rf"(?<!\w)@?{re.escape(name)}(?!\w)"


def _folded(text: str) -> str:
    """Return a text without what `re.IGNORECASE` overlooks: Turkish has four kinds of i."""
    return text.casefold().replace("i\u0307", "i").replace("ı", "i")
