"""A model's text as a chat message."""

from __future__ import annotations

import json
import re
from typing import Final

from bot.text.own_label import without_own_label

_FENCE: Final = re.compile(r"\A\s*```\w*\s*\n?(.*?)\s*(?:```\s*)?\Z", re.DOTALL)
_VALUE: Final = re.compile(
    r"[{,]\s*\"(?P<name>\w{1,40})\"\s*:\s*\"(?P<value>(?:[^\"\\]|\\.)*)", re.DOTALL
)
"""A text in an object, also in one that breaks off within it."""
_BETWEEN: Final = re.compile(r"((?<=[.!?…:])\s+|(?<=[\u3002\uff01\uff1f])\s*|\n\s*)")
"""What stands between the sentences and lines of a text."""
LOOP_LETTERS: Final = 15
"""Fewest letters of a sentence that a model may be caught in ("No. No." is said)."""
MOST_READ: Final = 8_000
"""Most characters of an answer in no form that are looked at."""


def text_of_misshapen(said: str, field: str, most: int) -> str:
    """Return the words for a person in an answer that is not in the asked form.

    They are the value of ``field`` where there is one, else the only text of an object, else all
    that was said; at most ``most`` characters. Empty where there are none.
    """
    fenced = _FENCE.match(said[:MOST_READ])
    bare = fenced[1] if fenced else said[:MOST_READ].strip()
    values = {found["name"]: found["value"] for found in _VALUE.finditer(bare)}
    if field in values or (bare.startswith("{") and len(values) == 1):
        bare = _unescaped(values.get(field, next(iter(values.values()))))
    return bare.strip()[:most].rstrip()


def _unescaped(value: str) -> str:
    try:
        return str(json.loads(f'"{value}"', strict=False))
    except ValueError:  # it breaks off within a sign, or has one that JSON does not know
        return value.rstrip("\\").replace("\\n", "\n").replace('\\"', '"')


def as_message(text: str) -> str:
    """Return a model's text as a chat message, with no speaker label or quotes around it."""
    bare = without_own_label(text.strip(), ())
    if len(bare) > 2 and bare[0] == bare[-1] == '"' and '"' not in bare[1:-1]:
        bare = bare[1:-1]
    return bare.strip()


def whole_sentences(text: str) -> str:
    """Return ``text`` less a last sentence that a limit of length has cut, if another is left."""
    cut = bool(text) and (text[-1].isalnum() or text[-1] in ",;-")
    if not cut:
        return text
    ends = [end.end() for end in re.finditer(r"[.!?…](?=\s)", text)]
    return text[: ends[-1]] if ends else text


def without_loop(text: str) -> str:
    """Return ``text`` with a sentence once in which a model was caught until its limit cut it off.

    The end says so: the sentence stands there again, broken off. What ends as it should, such as a
    refrain or a line that was to be written five times, is left as it is, and so is code.
    """
    if "```" in text:
        return text
    parts = _BETWEEN.split(text)
    sentence, broken_off = _letters("".join(parts[-3:-2])), _letters(parts[-1])
    whole = len(sentence) < LOOP_LETTERS or not broken_off or broken_off == sentence
    if whole or not sentence.startswith(broken_off):
        return text
    kept = len(parts) - 2
    while kept > 2 and _letters(parts[kept - 3]) == sentence:
        kept -= 2
    return "".join(parts[:kept])


def _letters(sentence: str) -> str:
    return "".join(filter(str.isalnum, sentence)).casefold()
