"""Reasons that the program gives and stores, for moderators to read in their own language.

A reason is stored as its code with its values, in one text column, and said when it is read
(`bot.text.moderator_texts.say_reason`). Its code is its sentence in the catalogues: English, with
names in braces for the values. Everywhere else, as in logs and exports, it is the English sentence.

What is stored from before reasons had codes is a sentence, and stays one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

PREFIX: Final = "reason:"
"""How a stored text begins that is a code with its values."""
_WORDS: Final = "{words}"
"""The code of what a person wrote that looks like a stored reason."""
_NAMED: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class LanguageName:
    """A value of a reason that is a language: each reader knows it by another name."""

    code: str
    """ISO 639-1."""
    english: str

    def __str__(self) -> str:
        return self.english


class Reason(str):
    """A reason: the English sentence, which knows its code and its values.

    ``many`` is the sentence for many where there is one for one, chosen by the value ``count``.
    """

    __slots__ = ("many", "source", "values")

    source: str
    many: str
    values: Mapping[str, Any]

    def __new__(cls, source: str, values: Mapping[str, Any], many: str = "") -> Reason:
        """Make the English sentence. Whole numbers are shown as such, others with two digits."""
        said = many if many and values.get("count") != 1 else source
        made = super().__new__(cls, fill(said, {name: _shown(one) for name, one in values.items()}))
        made.source, made.many, made.values = source, many, values
        return made

    def __getnewargs__(self) -> tuple[str, Mapping[str, Any], str]:  # type: ignore[override]
        """Return what it is made of, for a copy in another process."""
        return (self.source, self.values, self.many)


def because(source: str, /, **values: Any) -> Reason:
    """Return a reason; values are texts, numbers, languages and other reasons."""
    return Reason(source, values)


def because_count(one: str, many: str, count: int, /, **values: Any) -> Reason:
    """Return a reason that reads otherwise for one than for many, with the number ``count``."""
    return Reason(one, {"count": count, **values}, many)


def internal_error(error: BaseException) -> Reason:
    """Return the reason for what failed by a fault of ours; the log has the rest."""
    return because("internal error ({kind})", kind=type(error).__name__)


def join_reasons(parts: Sequence[str], between: str) -> str:
    """Return several reasons as one, with ``between`` between them; empty if there are none."""
    if len(parts) <= 1:
        return parts[0] if parts else ""
    values = {f"part{number}": part for number, part in enumerate(parts, 1)}
    return Reason(between.join(f"{{{name}}}" for name in values), values)


def fill(text: str, values: Mapping[str, object]) -> str:
    """Return a text with its names in braces filled in, which are not looked through again."""
    return _NAMED.sub(lambda found: str(values.get(found[1], found[0])), text)


def pack_reason(text: str) -> str:
    """Return a text as it is stored: a reason as its code with its values, any other as it is."""
    if isinstance(text, Reason):
        return PREFIX + json.dumps(_packed(text), ensure_ascii=False)
    # Nobody's words pass for a code.
    return pack_reason(Reason(_WORDS, {"words": text})) if text.startswith(PREFIX) else text


def unpack_reason(stored: str) -> str:
    """Return a stored text: the reason of a code with its values, any other text as it is."""
    if not stored.startswith(PREFIX):
        return stored
    try:
        found = _unpacked(json.loads(stored.removeprefix(PREFIX)))
    except (ValueError, RecursionError):
        return stored  # cut off, or by a later version
    if not isinstance(found, Reason):
        return stored
    return str(found) if found.source == _WORDS else found


def _shown(value: object) -> str:
    match value:
        case bool() | str():
            return str(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:,.2f}"
        case _:
            return str(value)


def _packed(value: object) -> Any:
    match value:
        case Reason():
            named = {name: _packed(one) for name, one in value.values.items()}
            many = {"many": value.many} if value.many else {}
            return {"say": value.source, **many, "with": named}
        case LanguageName():
            return {"language": value.code, "english": value.english}
        case str():
            return value.replace("\0", "")
        case int() | float():
            return value
        case _:
            return str(value)


def _unpacked(value: Any) -> Any:
    match value:
        case {"say": str(source), "with": dict(named)}:
            values = {name: _unpacked(one) for name, one in named.items()}
            many = str(value.get("many", ""))
            if many and not isinstance(values.get("count"), int):
                raise ValueError("no count of how many")
            return Reason(source, values, many)
        case {"language": str(code), "english": str(english)}:
            return LanguageName(code, english)
        case str() | int() | float():
            return value
        case _:
            raise ValueError("no value of a reason")
