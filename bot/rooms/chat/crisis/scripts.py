# ruff: noqa: RUF001 (letters that look alike are what this is about)
"""Which of the languages a text can be in, by its letters alone."""

from __future__ import annotations

import re
from typing import Final

from bot.rooms.chat.crisis.patterns import DENSE
from bot.text.language import LANGUAGES

LATIN: Final = frozenset(set(LANGUAGES) - DENSE - {"ru"})
"""The languages that share the Latin alphabet."""

_LATIN: Final = re.compile("[a-z]")
_CYRILLIC: Final = re.compile("[а-я]")
_KANA: Final = re.compile("[ぁ-ヿ]")
_HAN: Final = re.compile("[一-鿿]")
_HANGUL: Final = re.compile("[가-힣ㄱ-ㅣ]")


def languages_of(folded_text: str) -> frozenset[str]:
    """Return the languages whose script stands in a folded text."""
    if folded_text.isascii():
        return LATIN
    found: set[str] = set(LATIN) if _LATIN.search(folded_text) else set()
    han = _HAN.search(folded_text)
    found |= {"ru"} if _CYRILLIC.search(folded_text) else set()
    found |= {"ja"} if han or _KANA.search(folded_text) else set()
    found |= {"zh"} if han else set()
    return frozenset(found | ({"ko"} if _HANGUL.search(folded_text) else set()))
