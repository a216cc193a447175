"""A sham treatment: other letters, the same meaning.

Whatever a Critic makes of the difference is not the work of any therapy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# Only what can be read in one way: "it's" may be "it has", "I'd" may be "I had".
_LONG: Final[Mapping[str, str]] = {
    "can't": "cannot",
    "won't": "will not",
    "don't": "do not",
    "doesn't": "does not",
    "didn't": "did not",
    "isn't": "is not",
    "aren't": "are not",
    "wasn't": "was not",
    "weren't": "were not",
    "haven't": "have not",
    "couldn't": "could not",
    "wouldn't": "would not",
    "shouldn't": "should not",
    "i'm": "I am",
    "i've": "I have",
    "i'll": "I will",
    "you're": "you are",
    "you've": "you have",
    "you'll": "you will",
    "we're": "we are",
    "they're": "they are",
}
_SHORT_FORM: Final = re.compile(
    "|".join(rf"\b{re.escape(form)}\b" for form in _LONG), re.IGNORECASE
)


def reworded(text: str) -> str:
    """Return ``text`` with short forms written out, or else without its last full stop.

    It always differs from ``text``, and says the same.
    """
    plain = text.replace("\u2019", "'")
    changed = _SHORT_FORM.sub(_written_out, plain)
    if changed != text:
        return changed
    return text[:-1] if text.endswith(".") and len(text) > 1 else text + " "


def _written_out(short: re.Match[str]) -> str:
    long = _LONG[short[0].casefold()]
    return long[:1].upper() + long[1:] if short[0][:1].isupper() else long
