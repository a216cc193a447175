"""Splits messages into words, and mends words that are misspelled, masked or spaced out.

A word is only ever mended towards the words that the rules know. Mended text is looked at when the
text as written says nothing, so that mending can add a sign and never hide one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.rooms.chat.crisis.folding import MOST_TOKEN, is_stop, one_script

REMEMBERED: Final = 4096
"""Words whose mending is remembered: a channel's usual vocabulary, in under 1 MB."""

_PIECE: Final = re.compile(r"[^\W_]+|[^\w\s]")
_MASKED: Final = re.compile(r"[^\W_]+(?:[*@$!#|+€]+[^\W_]+)+")
_RUN: Final = re.compile(r"(.)\1{2,}")
_LEET: Final = str.maketrans("013457@$!|+€8", "oieastasiiteb")
_SPACED_OUT: Final = 4  # letters in a row that stand alone; fewer may be initials
_SHORTEST_FUZZY: Final = 4
_SHORTEST_SPLIT: Final = 8


def tokens(folded_text: str) -> list[str]:
    """Return the words and signs of a folded text; ``.`` and ``?`` end a sentence."""
    found: list[str] = []
    for chunk in folded_text.replace("\n", " . ").split():
        if chunk.isalpha() and chunk.isascii():
            found.append(chunk)
        else:
            found.extend(_pieces(chunk))
    return found


def _pieces(chunk: str) -> Iterable[str]:
    if len(chunk) > MOST_TOKEN:
        return _signs(chunk)
    return _known_pieces(chunk)


@lru_cache(maxsize=REMEMBERED)
def _known_pieces(chunk: str) -> tuple[str, ...]:
    masked = _MASKED.search(chunk)
    if not masked:
        return tuple(_signs(chunk))
    before, after = chunk[: masked.start()], chunk[masked.end() :]
    return (*_signs(before), masked.group(), *_signs(after))


def _signs(chunk: str) -> Iterable[str]:
    for piece in _PIECE.findall(chunk):
        if piece.isalnum():
            yield one_script(piece)
        elif is_stop(piece):
            yield "."
        elif piece == "?" or ord(piece) > 0x2000:  # what is left up there are emoji
            yield piece


class Speller:
    """Mends words towards ``vocabulary``; near misses only towards the distinctive ``keys``."""

    def __init__(self, vocabulary: Iterable[str], keys: Iterable[str]) -> None:
        self._keys = sorted(set(keys))
        # By the keys of a dictionary, which takes half as much as a set: 21,000 words.
        self._vocabulary = dict.fromkeys(chain(vocabulary, self._keys))
        self._longest = max(map(len, self._vocabulary), default=0)
        self._mended = lru_cache(maxsize=REMEMBERED)(self._mend)

    def mended(self, words: Sequence[str]) -> list[str]:
        """``words`` with what is misspelled or masked as the rules' words, where one is near."""
        found: list[str] = []
        for word in _joined(words):
            if len(word) > MOST_TOKEN or word in self._vocabulary:
                found.append(word)
            else:
                found.extend(self._mended(word))
        return found

    def _mend(self, word: str) -> tuple[str, ...]:
        for spelling in _spellings(word):
            if spelling in self._vocabulary:
                return (spelling,)
        bare = word.translate(_LEET) if not word.isdigit() else word
        if "*" in word or "#" in word:
            return (self._unmasked(word),)
        if len(bare) >= _SHORTEST_SPLIT and (parts := self._split(bare)):
            return parts
        return (self._nearest(bare) or word,)

    def _unmasked(self, word: str) -> str:
        shape = re.compile(re.sub(r"[^\w]", ".", word))
        return next((key for key in self._keys if shape.fullmatch(key)), word)

    def _split(self, word: str) -> tuple[str, ...]:
        """Return the fewest known words that make up ``word``: "killmyself" as "kill myself"."""
        best: list[tuple[str, ...] | None] = [(), *[None] * len(word)]
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - self._longest), end):
                head, part = best[start], word[start:end]
                if head is None or part not in self._vocabulary or not _can_be_part(part):
                    continue
                known = best[end]
                if known is None or len(head) + 1 < len(known):
                    best[end] = (*head, part)
        return best[-1] or ()

    def _nearest(self, word: str) -> str | None:
        if len(word) < _SHORTEST_FUZZY or not word.isalpha():
            return None
        most = 2 if len(word) >= 8 else 1
        near = [key for key in self._keys if key[0] == word[0] and _may_be_near(key, word)]
        found = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=most)
        return found[0] if found else None


def _can_be_part(part: str) -> bool:
    return len(part) > 1 or part in "i"


def _may_be_near(key: str, word: str) -> bool:
    # Short words have too many neighbours: there only two letters may have changed places.
    if len(key) < 5:
        return len(key) == len(word) and sorted(key) == sorted(word)
    return abs(len(key) - len(word)) <= 2


def _joined(words: Sequence[str]) -> list[str]:
    """``words`` with letters that stand alone ("s u i c i d e", "k.m.s") as one word."""
    found: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1 and word.isalnum():
            run.append(word)
        elif word not in (".", "?") or not run:
            found.extend(_one_or_all(run))
            run = []
            found.append(word)
    return found[:-1]


def _one_or_all(run: list[str]) -> list[str]:
    return ["".join(run)] if len(run) >= _SPACED_OUT else run


def _spellings(word: str) -> Iterable[str]:
    twice, once = _RUN.sub(r"\1\1", word), _RUN.sub(r"\1", word)
    for spelling in (twice, once):
        yield spelling
        if len(spelling) > 1 and spelling.isdigit():
            continue  # a number is one: "847 cats" are no bat
        yield spelling.translate(_LEET)
        yield spelling.replace("1", "l").translate(_LEET)
        if spelling.endswith("in"):  # thinkin, endin
            yield f"{spelling}g"
