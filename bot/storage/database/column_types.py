"""Column types: how the project's values are written on every database alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator

from bot.reasons import pack_reason, unpack_reason

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits. On SQLite only a key declared INTEGER is the row's own number, without an index."""


def storable(text: str) -> str:
    """Return ``text`` as every database takes it: without NUL and half surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class StorableText(TypeDecorator[str]):
    """Text of any length, by a person, a model or the bot."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Take out what a database refuses."""
        return None if value is None else storable(value)


class ReasonText(StorableText):
    """Why something is so: a reason of the program as its code with its values, or a text."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write a reason as its code."""
        return super().process_bind_param(None if value is None else pack_reason(value), dialect)

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Read a reason from its code; what is stored as a sentence stays one."""
        return None if value is None else unpack_reason(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in, UTC and aware out. A naive one is refused, since nobody knows its zone.

    SQLite keeps no zone, so what is stored there is UTC.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Convert to UTC. Raises ValueError for a naive time, which arrives as a StatementError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Give UTC its name back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumValue(TypeDecorator[StrEnum]):
    """One value of an enum, by its text. Unchecked there, so that a new value needs no rebuild."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Return the value's text."""
        return None if value is None else value.value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        """Return the enum. Raises ValueError for a text that this version does not know."""
        return None if value is None else self.kind(value)


class JsonObject(TypeDecorator[Mapping[str, object]]):
    """Named values of an act, as JSON text; what JSON does not know is kept as its text."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: Mapping[str, object] | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> str | None:
        """Write it as JSON in ASCII: nothing a database refuses is left."""
        return None if value is None else json.dumps(dict(value), default=str)

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002
    ) -> Mapping[str, object] | None:
        """Read it from JSON."""
        return None if value is None else json.loads(value)
