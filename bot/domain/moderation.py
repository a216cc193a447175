"""Moderators' acts on the record, and their guidance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Moderator:
    """The person whose act it is. ``id`` 0 is the bot itself, acting by a rule."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NewAct:
    """An act to put on the record with a change of state. ``shown``: it is posted to the others."""

    guild_id: int
    room_id: int | None
    turn_id: int | None
    by: Moderator
    kind: str
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a moderator, on the record: who, what, when, why."""

    id: int
    guild_id: int
    room_id: int | None
    turn_id: int | None
    by: Moderator
    kind: str
    reason: str
    details: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class Guidance:
    """A moderator's words for the Chatbot's sessions. It ends after ``turns_left`` turns."""

    id: int
    room_id: int
    by: Moderator
    text: str
    created_at: datetime
    turns_left: int
    withdrawn: bool = False
