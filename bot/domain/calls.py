"""Whom to call, what for and when: a part of a Chat Room's settings.

A call mentions one role, and nobody else. A crisis calls it at every hour; what is called for
here keeps to the quiet hours of the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from enum import StrEnum
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_PEOPLE: Final = 25
"""People of an alert rule: what a menu of Discord can hold."""
_HOURS: Final = re.compile(r"([01]?\d|2[0-3])(?::([0-5]\d))?\s*-\s*([01]?\d|2[0-3])(?::([0-5]\d))?")
PersonId = Annotated[int, Field(ge=1, lt=2**63)]


class CallCause(StrEnum):
    """The occasions, besides a crisis, on which the role is called. The texts are stored."""

    HELD = "held"  # a reply waits at the gate
    SEAT = "seat"  # a text waits for the person in the Therapist's seat
    STOP = "stop"  # a rule has paused the room
    FAILURE = "failure"  # no reply could be sent
    ALERT = "alert"  # a rule of the server's own: a score, a word, a person


class CallSettings(BaseModel):
    """The settings of a Chat Room that say whom to call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    call_role_id: int | None = Field(
        None,
        ge=1,
        lt=2**63,
        title="whom to call",
        description="the one role that is ever mentioned, and when someone may be in danger",
    )
    call_for: tuple[CallCause, ...] = Field(
        (CallCause.HELD, CallCause.SEAT, CallCause.STOP, CallCause.FAILURE, CallCause.ALERT),
        max_length=len(CallCause),
        title="call for",
        description="what the role is called for, besides a person in danger",
    )
    quiet_hours: str = Field(
        "",
        max_length=13,
        title="quiet hours",
        description="such as 22:00-07:00: nobody is called then but for a person in danger",
    )
    time_zone: str = Field(
        "UTC",
        min_length=1,
        max_length=40,
        title="time zone",
        description="of the quiet hours, such as Europe/Berlin",
    )
    alert_score: int | None = Field(
        None,
        ge=0,
        le=100,
        title="alert above score",
        description="an alert where a score of what was sent is above this; empty: none",
    )
    alert_words: str = Field(
        "",
        max_length=500,
        title="alert words",
        description="with commas: an alert where somebody writes one of them to the Chatbot",
    )
    alert_people: tuple[PersonId, ...] = Field(
        (),
        max_length=MOST_PEOPLE,
        title="alert people",
        description="an alert where one of them writes to the Chatbot",
    )

    @model_validator(mode="after")
    def _times_are_known(self) -> Self:
        if self.quiet_hours and _read_hours(self.quiet_hours) is None:
            raise ValueError("quiet hours are two times, such as 22:00-07:00")
        if zone_named(self.time_zone) is None:
            raise ValueError("the time zone is not known: one such as Europe/Berlin, or UTC")
        return self

    def calls_for(self, cause: CallCause) -> bool:
        """Return whether there is a role that is called for that."""
        return self.call_role_id is not None and cause in self.call_for

    def is_quiet(self, now: datetime) -> bool:
        """Return whether ``now`` lies in the quiet hours, which may go over midnight."""
        hours = _read_hours(self.quiet_hours)
        zone = zone_named(self.time_zone)
        if hours is None or zone is None:
            return False
        begin, end = hours
        at = now.astimezone(zone).time()
        return begin <= at < end if begin <= end else at >= begin or at < end


def zone_named(name: str) -> ZoneInfo | None:
    """Return the time zone of that name; None if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder
        return None


def words_of(listed: str) -> list[str]:
    """Return the words of a list with commas or lines."""
    return [word for part in re.split(r"[,\n]", listed) if (word := " ".join(part.split()))]


def find_word(listed: str, texts: Iterable[str]) -> str | None:
    """Return the first listed word that stands whole in one of the texts, in any case."""
    folded: Sequence[str] = [" ".join(text.casefold().split()) for text in texts]
    for word in words_of(listed):
        pattern = rf"(?<!\w){re.escape(word.casefold())}(?!\w)"
        if any(re.search(pattern, text) for text in folded):
            return word
    return None


def _read_hours(typed: str) -> tuple[time, time] | None:
    """Return begin and end; None where it says no two times."""
    found = _HOURS.fullmatch(typed.strip())
    if found is None:
        return None
    begin, begin_minutes, end, end_minutes = (int(part or 0) for part in found.groups())
    return time(begin, begin_minutes), time(end, end_minutes)
