"""The traces of a person in what others said: their names, and runs of their own words.

A quote is recognised by four words in a row, a whole short message, or a word that hardly anybody
says by chance: a very long one, a number. Too much is found rather than too little. What somebody
tells in words of their own is not found: nothing but a reader could.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

RUN: Final = 4
"""Words in a row that count as a quote."""
SHORT_RUN: Final = 3
"""Words of a message that counts as one whole, if it has `SHORT_LETTERS` at least."""
SHORT_LETTERS: Final = 10
DENSE_RUN: Final = 8
"""Characters in a row that count as a quote in scripts without spaces."""
LONG_WORD: Final = 14
"""Letters of a word that is hardly said by chance; one with a digit needs `WORD_WITH_DIGIT`."""
WORD_WITH_DIGIT: Final = 5
LEAST_NAME: Final = 2
"""Letters of a name that is looked for."""

_WORD: Final = re.compile(r"[^\W_]+")
_DENSE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_COMMON_WORDS: Final = (
    "the and you your yours that this these those for not are was were with have has had from "
    "they them their what when where which who why how all any can could will would should "
    "may might must one two out about there here then than too very just like know think feel "
    "good bad kind nice well yes no now new old more most much many some such other into over "
    "only also back after before because being been did does done said say says see tell told "
    "make made take time way day people person someone nobody everybody bot chatbot therapist "
    "critic user moderator it its is in on of to be do go he she his her him we us our me my "
    "if or so as at by an am "
)
_COMMON: Final = frozenset(_COMMON_WORDS.split())
"""Words that somebody may take for a name so that all texts with them are deleted."""

Words = tuple[str, ...]


class Traces:
    """The signs by which one person is recognised in a text."""

    def __init__(self, names: Iterable[str], texts: Iterable[str]) -> None:
        spelled = {name.strip() for name in names if _is_name(_letters(words_of(name)))}
        longest_first = sorted(spelled, key=len, reverse=True)  # "Ana Lopez" before "Ana"
        self._spelled = [_pattern(name) for name in longest_first]
        self._names = {words for name in spelled if not _is_common(words := words_of(name))}
        self._runs: set[Words] = set()
        self._words: set[str] = set()
        for text in texts:
            said = words_of(text)
            self._runs.update(_runs(said), [said] if _is_short_quote(said) else ())
            self._words.update(filter(_is_telling, said))

    def in_text(self, text: str | None) -> bool:
        """Return whether a text names or quotes the person."""
        if not text:
            return False
        if any(pattern.search(text) for pattern in self._spelled):
            return True
        words = words_of(text)
        return self.quoted_in(text) or _has_run(words, self._names)

    def quoted_in(self, text: str) -> bool:
        """Return whether a text quotes the person."""
        words = words_of(text)
        return not self._words.isdisjoint(words) or _has_run(words, self._runs)

    def without_names(self, text: str, instead: str) -> str:
        """Return a text in which another word stands where it names the person."""
        for pattern in self._spelled:
            text = pattern.sub(instead, text)
        return text


def words_of(text: str) -> Words:
    """Return the words of a text as they are compared: without case, markup and invisible signs."""
    visible = "".join(char for char in text if unicodedata.category(char) != "Cf")
    plain = unicodedata.normalize("NFKC", visible).casefold()
    words: list[str] = []
    for word in _WORD.findall(plain):
        words.extend(word if _DENSE.search(word) else (word,))
    return tuple(words)


def _has_run(words: Words, runs: set[Words]) -> bool:
    lengths = {len(run) for run in runs}
    return any(run in runs for length in lengths for run in _of_length(words, length))


def _pattern(name: str) -> re.Pattern[str]:
    """Return what finds a name in a text; one that is a common word too only after an @."""
    before = "@" if _is_common(words_of(name)) else r"(?<!\w)@?"
    return re.compile(rf"{before}{re.escape(name)}(?!\w)", re.IGNORECASE)


def _is_common(words: Words) -> bool:
    return len(words) == 1 and words[0] in _COMMON


def _is_name(name: str) -> bool:
    return len(name) >= LEAST_NAME


def _letters(words: Words) -> str:
    return "".join(words)


def _runs(words: Words) -> Iterator[Words]:
    dense = sum(map(bool, map(_DENSE.match, words))) * 2 > len(words)
    return _of_length(words, DENSE_RUN if dense else RUN)


def _of_length(words: Words, length: int) -> Iterator[Words]:
    for start in range(len(words) - length + 1):
        yield words[start : start + length]


def _is_short_quote(words: Words) -> bool:
    return len(words) == SHORT_RUN and len(_letters(words)) >= SHORT_LETTERS


def _is_telling(word: str) -> bool:
    digits = any(char.isdigit() for char in word)
    return len(word) >= (WORD_WITH_DIGIT if digits else LONG_WORD)
