"""Texts that moderators and admins read, each in the language of whoever reads it.

The sources are English, and stand where they are said: `say("Reply #{number}", number=12)`. The
catalogues' domain is `moderators`; `make texts` brings them up to date. What many read in a
channel is said in the server's language, what one person alone reads in theirs: each edge names
its reader (`reading`, `read_by`), and nothing below an edge has to be told.

The reader is that of the running task. A task that is begun inherits it, so what is begun by one
person and read by others, such as a post, names its readers itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from bot.reasons import LanguageName, Reason, fill
from bot.text.language_topics import language_title
from bot.text.numbers import DECIMAL_COMMA, write_number
from bot.text.translations import translations

DOMAIN: Final = "moderators"
LANGUAGES: Final = ("en", "de", "es", "fr", "pt")
"""ISO 639-1. English is the sources themselves, and what everybody else reads."""

_DAYS: Final = {"en": "en_GB"}
"""Locales of dates, where another country of a language writes them first by day."""
_GROUPS: Final = re.compile("[.\N{NARROW NO-BREAK SPACE}\N{NO-BREAK SPACE} ]")
_GROUPED: Final = re.compile(rf"-?\d{{1,3}}(?:{_GROUPS.pattern}\d{{3}})+")
"""What groups digits where a comma stands before decimals, and a number with it."""
_language: Final = ContextVar("the reader's language", default="en")


@dataclass(frozen=True, slots=True)
class Later:
    """A text that stands where nobody reads it yet, such as in a list of labels.

    ``str()`` says it, in the language of whoever reads then.
    """

    source: str

    def __str__(self) -> str:
        return say(self.source)


def language_for(locale: str | None) -> str:
    """Return the language of texts for a locale such as `pt-BR`; English where there is none."""
    language = (locale or "").partition("-")[0].lower()
    return language if language in LANGUAGES else "en"


def read_by(locale: str | None) -> None:
    """Name the reader of all that the running task says from now on, by their locale."""
    _language.set(language_for(locale))


@contextmanager
def reading(locale: str | None) -> Iterator[None]:
    """Name the readers of what is said within, by their locale."""
    before = _language.set(language_for(locale))
    try:
        yield
    finally:
        _language.reset(before)


def reader_language() -> str:
    """Return the language in which texts are said now."""
    return _language.get()


def say(source: str | Later, /, **names: object) -> str:
    """Return a text in the reader's language, with the names in braces filled in."""
    source = source.source if isinstance(source, Later) else source
    catalogue = translations(_language.get(), DOMAIN)
    return fill(catalogue.gettext(source) if source else "", names)


def say_count(one: str, many: str, count: int, /, **names: object) -> str:
    """Return the form of a text for a number, which is filled in as ``{count}``."""
    catalogue = translations(_language.get(), DOMAIN)
    said = catalogue.ngettext(one, many, count)
    return fill(said, {"count": say_number(count), **names})


def say_number(value: float, decimals: int = 0) -> str:
    """Return a number as the reader writes it: ``1,234.5`` or ``1.234,5``."""
    return write_number(value, _language.get(), decimals)


def say_exactly(value: float) -> str:
    """Return a number with the decimals that it has, and no others: ``2.5`` or ``2,5``, ``3``."""
    digits = Decimal(str(value)).normalize().as_tuple().exponent
    return say_number(value, max(0, -digits) if isinstance(digits, int) else 0)


def read_number(typed: str) -> str:
    """Return a number that the reader typed in their own way as code reads it: ``2,5`` as ``2.5``.

    Nothing else is changed: whether it is a number is for others to say.
    """
    text = typed.strip()
    if _language.get() not in DECIMAL_COMMA:
        return text
    if "," in text or _GROUPED.fullmatch(text):
        text = _GROUPS.sub("", text).replace(",", ".")
    return text


def say_signed(value: float, decimals: int = 0) -> str:
    """Return a number with its sign: ``+0.5``, ``0.0`` or ``-0.5``."""
    said = say_number(value, decimals)
    return f"+{said}" if value > 0 and any(digit in said for digit in "123456789") else said


def say_dollars(value: float, decimals: int = 2) -> str:
    """Return an amount of US dollars: ``$1,234.50`` or ``$1.234,50``."""
    return f"${say_number(value, decimals)}"


def say_day(day: date) -> str:
    """Return a day without its year, for where Discord draws none itself: ``21 Nov``."""
    # All that it knows of a language comes along: only for a process that ends.
    from babel.dates import format_skeleton  # noqa: PLC0415

    return format_skeleton("MMMd", day, locale=_DAYS.get(_language.get(), _language.get()))


def say_reason(text: str) -> str:
    """Return a reason in the reader's language; a text that is none, such as an older one, as is.

    Reasons of the program travel and are stored in English (`bot.reasons`).
    """
    if not isinstance(text, Reason):
        return text
    values = {name: _said_value(value) for name, value in text.values.items()}
    if not text.many:
        return say(text.source, **values)
    count = int(text.values["count"])
    return say_count(text.source, text.many, count, **values)


def _said_value(value: object) -> object:
    match value:
        case Reason():
            return say_reason(value)
        case LanguageName():
            return language_title(value.code, _language.get()) or value.english
        case int():
            return say_number(value)
        case float():
            return say_number(value, 2)
        case _:
            return value
