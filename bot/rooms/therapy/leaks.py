"""The leaks: what in a reply would show the Chat Room that there was a session.

The rules are data, one file a language: `leak_rules/README.md`. They know those of `LANGUAGES`; a
text in another one is for the Therapist's review to judge.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from bot.text.language import LANGUAGES, guess_language
from bot.text.reader_view import folded, reader_views, visible_text

_FOLDER: Final = Path(__file__).with_name("leak_rules")
DETAILS: Final = {
    "therapy": "the message mentions your therapy",
    "session": "the message mentions a session",
    "draft": "the message mentions a draft",
    "instructions": "the message mentions instructions",
    "moderators": "the message mentions what moderators told you",
    "scores": "the message mentions scores",
    "user": "the message mentions a draft",
}
NOTE: Final = "the message reads like a note on the person"
_UNSPACED: Final = frozenset({"ja", "ko", "zh"})
_WITHIN_SENTENCE: Final = r"[^.!?\u3002\uff01\uff1f\n]{0,90}?"

_QUOTATION: Final = re.compile(
    '(?<!\\w)["\u201c\u201e\u00ab] ?'
    '(\\w[^"\u201c\u201d\u201e\u00ab\u00bb\\n]{2,200})["\u201c\u201d\u00bb](?!\\w)'
)
"""Words between marks: in JSON, the marks of two neighbours make none."""


@dataclass(frozen=True, slots=True)
class _Topic:
    finds: re.Pattern[str]
    excused_by: re.Pattern[str]
    detail: str


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules of a language."""

    hints: re.Pattern[str]
    own: tuple[tuple[str, re.Pattern[str]], ...]
    topics: tuple[_Topic, ...]


def find_leaks(text: str, asked: str, name: str = "") -> Iterator[str]:
    """Yield what the text shows of the session, for the Chatbot that is to write it anew.

    ``asked`` is what the person who is answered said: it excuses talk about their own matters, and
    no talk about the Chatbot's. ``name`` is that person's.
    """
    asked_view = folded(asked)
    for view in reader_views(text):
        rest = _without_quotations(view, asked_view)
        for rules in _all_rules():
            if rules.hints.search(rest):
                yield from _found(rules, rest, asked_view)
        if _is_note_on(name, rest):
            yield NOTE


def _without_quotations(view: str, asked: str) -> str:
    """Return a view less what it quotes of the person's words."""
    return _QUOTATION.sub(lambda quoted: " " if _is_quoted(quoted[1], asked) else quoted[0], view)


def _is_quoted(words: str, asked: str) -> bool:
    return " " in words and words.strip(" .,!?") in asked


def _is_note_on(name: str, view: str) -> bool:
    """Return whether the person who is answered is spoken about, as in the small model's note."""
    who = re.escape(folded(name).strip())
    about = rf"(?:{who}|s?he|they)"
    return bool(who) and bool(
        re.search(
            rf"\b{who} (?:feels|seems) [^.!?\n]{{2,80}}[.!] {about} (?:needs?|wants?)\b", view
        )
        or re.search(rf"\b{who} needs to (?:be|get|hear|have|feel|know|see)\b", view)
    )


def leak_language_known(text: str) -> bool:
    """Return whether the rules know the language of a text, or cannot tell which it is.

    Where they do not, its leaks are for the Therapist to find.
    """
    language = guess_language(visible_text(text))
    return language is None or language in LANGUAGES


def _found(rules: _Rules, view: str, asked: str) -> Iterator[str]:
    for detail, pattern in rules.own:
        if pattern.search(view):
            yield detail
    for topic in rules.topics:
        if topic.finds.search(view) and not topic.excused_by.search(asked):
            yield topic.detail


@cache
def _all_rules() -> tuple[_Rules, ...]:
    return tuple(_load(path) for path in sorted(_FOLDER.glob("*.toml")))


def _load(path: Path) -> _Rules:
    data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    language = path.stem
    topics = tuple(
        _Topic(
            _joined(topic["finds"], language),
            re.compile(rf"(?<!\w)(?:{topic['excused_by']})"),
            topic["detail"],
        )
        for topic in data.pop("topic", ())
    )
    hints = re.compile(data.pop("hints"))
    own = tuple((DETAILS[name], _joined(finds, language)) for name, finds in data.items())
    return _Rules(hints, own, topics)


def _joined(finds: Sequence[str], language: str) -> re.Pattern[str]:
    """Return one pattern for all of a list; `..` becomes what may stand within a sentence."""
    spaced = language not in _UNSPACED
    between = rf"\\b{_WITHIN_SENTENCE}\\b".replace("\\\\b", "\\b")
    whole = (
        rule.replace(" .. ", between) if spaced else rule.replace("..", _WITHIN_SENTENCE)
        for rule in finds
    )
    alternatives = "|".join(f"(?:{rule})" for rule in whole)
    bounded = rf"(?:(?<!\w)(?:{alternatives})(?!\w))" if spaced else alternatives
    return re.compile(bounded, re.MULTILINE)
