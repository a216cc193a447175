"""Marks piled on a letter until it covers the lines around it."""

from __future__ import annotations

import unicodedata
from typing import Final

MOST_OWN_MARKS: Final = 8
"""Marks of a script itself on one letter: vowels and tones of Burmese take up to five."""


def without_piled_marks(text: str, accents: int) -> str:
    """Return the text with at most ``accents`` accents on a letter, and what its script spells."""
    characters: list[str] = []
    piled = own = 0
    for character in text:
        if unicodedata.category(character) not in ("Mn", "Me"):
            piled = own = 0
        elif unicodedata.name(character, "").startswith("COMBINING"):
            piled += 1
        else:
            own += 1
        if piled <= accents and own <= MOST_OWN_MARKS:
            characters.append(character)
    return "".join(characters)
