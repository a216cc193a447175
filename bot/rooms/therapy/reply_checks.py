"""The last look at a reply in code, before it goes to the Chat Room.

A reply that goes out must not show that there was a session, repeat a draft that was found
harmful, parrot the person, or refuse where the draft did not. A false alarm costs a call, and two
withhold the turn, so each rule asks first whether the person brought the subject up themself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from bot.domain import Conversation
from bot.prompting.templates import FOLDER
from bot.rooms.therapy.leaks import JARGON, LEAKS

COPY_FROM: Final = 0.6
"""Share of the draft's word 5-grams in the reply from which it is a copy; less is an edit."""
ECHO_FROM: Final = 0.6
"""Share of the reply's word 3-grams that are the person's from which it is an echo."""
ECHO_WORDS: Final = 6
"""Shorter replies ("Good morning to you too!") may well repeat a greeting."""
PROMPT_RUN: Final = 8
"""Words in a row from a prompt file that are a leak; shorter runs are everyday English."""

_ASKS_TO_REPEAT: Final = re.compile(
    r"\b(?:repeat|say|quote|correct|proof-?read|spell|spelling|grammar|rewrite|translate|pronounce"
    r"|type|write|paraphrase|shorten)\b",
    re.IGNORECASE,
)
_REFUSES: Final = re.compile(
    r"(?:^|[.!?\n]\s*|\bbut,? |\bai\b[^.!?]{0,20}, )"
    r"(?:i'?m (?:really |so |very )?sorry,? (?:but )?)?"
    r"(?:i (?:can'?t|can ?not|won'?t|will not|am (?:not able|unable) to|'?m (?:not able|unable) to)"
    r"|i'm (?:not able|unable) to) "
    r"(?:really |actually )?(?:help(?! (?:but|smil|feel|laugh|wonder|think))|assist|answer|discuss"
    r"|respond|continue|provide|comply|engage|fulfil|do that|do this|talk about|share|give"
    r"|support (?:you|this|that)|offer)"
    r"|(?:against|violates?) my (?:guidelines|policy|policies|programming)",
    re.IGNORECASE,
)


class ReplyFindingKind(StrEnum):
    """The kinds of things that can be wrong with a text."""

    EMPTY = "empty"
    LEAK = "leak"
    COPY = "copy"
    ECHO = "echo"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class ReplyFinding:
    """One thing wrong with a text. ``detail`` never holds what anybody wrote."""

    kind: ReplyFindingKind
    detail: str


def check_reply(
    text: str, conversation: Conversation, *, draft: str, harmful: bool
) -> list[ReplyFinding]:
    """Return what speaks against sending ``text``; empty if nothing does.

    ``harmful`` says whether the Therapist found harm in the draft.
    """
    if not _says_anything(text):
        return [ReplyFinding(ReplyFindingKind.EMPTY, "the message says nothing")]
    findings = [
        ReplyFinding(ReplyFindingKind.LEAK, detail) for detail in _leaks(text, conversation)
    ]
    if harmful and _copies(text, draft):
        findings.append(ReplyFinding(ReplyFindingKind.COPY, "the message repeats the first try"))
    if _echoes(text, conversation):
        findings.append(
            ReplyFinding(ReplyFindingKind.ECHO, "the message only repeats what was said to you")
        )
    if refuses(text) and not refuses(draft):
        findings.append(
            ReplyFinding(ReplyFindingKind.REFUSAL, "the message refuses what it could answer")
        )
    return findings


def refuses(text: str) -> bool:
    """Return whether the text declines to answer, as a canned refusal does."""
    return bool(_REFUSES.search(text.replace("\u2019", "'")))


def _says_anything(text: str) -> bool:
    return any(character.isalnum() or unicodedata.category(character) == "So" for character in text)


def _leaks(text: str, conversation: Conversation) -> Iterator[str]:
    peoples_words = _said(conversation)
    rest = _without_quotes(text.replace("\u2019", "'"), peoples_words)
    for leak in LEAKS:
        excused = leak.excused_by is not None and leak.excused_by.search(peoples_words)
        if leak.pattern.search(rest) and not excused:
            yield leak.detail
    if any(word in text and word not in peoples_words for word in JARGON):
        yield "the message holds remains of a form"
    own = set(_grams(text, PROMPT_RUN)) & _prompt_grams()
    if own - set(_grams(peoples_words, PROMPT_RUN)):
        yield "the message recites its instructions or examples"


def _copies(text: str, draft: str) -> bool:
    draft_grams = set(_grams(draft, 5))
    if not draft_grams:
        return _words(text) == _words(draft)
    return len(draft_grams & set(_grams(text, 5))) / len(draft_grams) >= COPY_FROM


def _echoes(text: str, conversation: Conversation) -> bool:
    asked = "\n".join(line.text for line in conversation.asked)
    if len(_words(text)) < ECHO_WORDS or _ASKS_TO_REPEAT.search(asked):
        return False
    grams = list(_grams(text, 3))
    theirs = set(_grams(asked, 3))
    return sum(gram in theirs for gram in grams) / len(grams) >= ECHO_FROM


def _said(conversation: Conversation) -> str:
    """Return what people said, the Chatbot's own lines left out: those excuse nothing."""
    lines = [*conversation.lines, *conversation.asked]
    return "\n".join(line.text for line in lines if not line.by_chatbot).replace("\u2019", "'")


def _without_quotes(text: str, peoples_words: str) -> str:
    """Return ``text`` less the quotations in it of what people peoples_words."""
    folded = peoples_words.casefold()

    def drop(quote: re.Match[str]) -> str:
        return " " if quote[1].casefold().strip(" .,!?") in folded else quote[0]

    return re.sub(r"[\"\u201c]([^\"\u201c\u201d]{3,200})[\"\u201d]", drop, text)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.casefold().replace("\u2019", "'"))


def _grams(text: str, size: int) -> Iterator[tuple[str, ...]]:
    words = _words(text)
    return (tuple(words[start : start + size]) for start in range(len(words) - size + 1))


@cache
def _prompt_grams() -> frozenset[tuple[str, ...]]:
    """Return the runs of words of all that the Chatbot is told, the examples included."""
    files = [*(FOLDER / "chatbot").glob("*.md"), *(FOLDER / "personas").glob("*.md")]
    texts = (re.sub(r"\{[%{#].*?[%}#]\}", " . ", file.read_text("utf-8")) for file in files)
    return frozenset(gram for text in texts for gram in _grams(text, PROMPT_RUN))
