"""The base of all values of the domain, and the time that a path may take."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    ValidationInfo,
)

from bot.reasons import pack_reason, unpack_reason


def _reason(value: object, info: ValidationInfo) -> str:
    if not isinstance(value, str):
        raise ValueError("a reason is a text")  # noqa: TRY004 - pydantic's own kind of error
    # Only what the database gives: a model may write whatever looks like a code.
    return unpack_reason(value) if info.context is STORED else value


def _as_json(value: str, info: SerializationInfo) -> str:
    return pack_reason(value) if info.context is STORED else str(value)


STORED: Final = {"for": "the database"}
"""The context of ``model_dump_json`` and its reverse in which reasons are their codes."""
ReasonField = Annotated[
    str, PlainValidator(_reason), PlainSerializer(_as_json, when_used="json", return_type=str)
]
"""A reason of the program, or a text; in JSON the English sentence, unless that is ``STORED``."""


class Value(BaseModel):
    """Base of the immutable values that flow between rooms."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock that every wait on a path respects."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """Return the deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Return the seconds left, never below 0."""
        return max(0.0, self.at - time.monotonic())
