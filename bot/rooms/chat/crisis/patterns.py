"""The patterns of rules, from how people write them to how RE2 reads them."""

from __future__ import annotations

import re
from typing import Final

from bot.rooms.chat.crisis.folding import folded, one_kana, simplified

DENSE: Final = frozenset({"ja", "ko", "zh"})
"""Languages whose rules see the text without spaces."""

_GAPS: Final = {
    False: (("...", "(?: [^ .?]+){0,6} "), ("..", "(?: [^ .?]+){0,3} ")),
    True: (("...", "[^.?]{0,42}"), ("..", "[^.?]{0,18}")),
}


def classes_out(pattern: str) -> str:
    """Return a pattern with what is no plain word of it taken out."""
    return re.sub(r"\[[^\]]*\]\S*|\(\?:|\\.|\w\?|\{[^}]*\}", " ", pattern)


def prepared_pattern(pattern: str, language: str) -> str:
    """``pattern`` in the spelling of folded texts, with gaps and classes spelled out."""
    if language == "de":
        for umlaut, plain in (("ä", "ae?"), ("ö", "oe?"), ("ü", "ue?")):
            pattern = pattern.replace(umlaut, plain)
    for gap, meaning in _GAPS[language in DENSE]:
        pattern = pattern.replace(gap if language in DENSE else f" {gap} ", meaning)
    pattern = folded(pattern.replace(r"\w", "[^ .?]").replace(r"\d", "[0-9]"))
    if language not in DENSE:
        return _classes_in_bytes(pattern)
    plain = _in_bytes(one_kana(pattern))
    return simplified(plain) if language == "zh" else plain


def _classes_in_bytes(pattern: str) -> str:
    """``pattern`` with letters of several bytes kept together, since RE2 sees bytes here."""
    classes = re.sub(
        r"\[([^\]\\^-]*[^\x00-\x7f][^\]\\-]*)\]",
        lambda found: f"(?:{'|'.join(found.group(1))})",
        pattern,
    )
    return re.sub(r"([^\x00-\x7f])(?=[?*+{])", r"(?:\1)", classes)


def _in_bytes(pattern: str) -> str:
    # A letter of these scripts takes three bytes.
    counted = re.sub(r"(?<=\.\{0,)\d+", lambda most: str(3 * int(most.group())), pattern)
    return _classes_in_bytes(counted)
