"""Moderators' acts on the record, and their guidance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, Self


class ActKind(StrEnum):
    """The kinds of acts. The texts are stored, and stand in the ids of the log's buttons."""

    SETUP = "setup"
    SETTINGS = "settings"
    PAUSE = "pause"
    PAUSE_SERVER = "pause server"
    EXTEND_PAUSE = "extend pause"
    RESUME = "resume"
    RESUME_SERVER = "resume server"
    QUERY = "query"
    REFLECT = "reflect"
    GUIDE = "guide"
    WITHDRAW_GUIDANCE = "withdraw guidance"
    TAKE_SEAT = "take seat"
    RELEASE_SEAT = "release seat"
    THERAPIST_SPEAKS = "therapist speaks"
    THERAPIST_READY = "therapist ready"
    APPROVE = "approve"
    EDIT = "edit"
    ANOTHER_ROUND = "another round"
    WITHHOLD = "withhold"
    DELETE_REPLY = "delete reply"
    RATE = "rate"
    SIMULATE = "simulate"
    WITH_THEM = "with them"
    FALSE_ALARM = "false alarm"
    CHECK_IN = "check in"
    CLEAR_MEMORY = "clear memory"
    TRY_AGAIN = "try again"
    TAKE_REVIEW = "take review"
    HAND_REVIEW = "hand review"
    FINISH_REVIEW = "finish review"
    REMOVE_ROOM = "remove room"
    INCIDENT = "incident"
    HAND_SEAT = "hand seat"


@dataclass(frozen=True, slots=True)
class ActDetails:
    """Base of what acts of one ``kind`` hold: see `bot.domain.act_details`."""

    kind: ClassVar[ActKind]

    def as_stored(self) -> dict[str, object]:
        """Return the details as the record has them: by name, as JSON knows them."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: [*v] if isinstance(v, tuple) else v for name, v in values.items()}

    @classmethod
    def from_stored(cls, stored: Mapping[str, object]) -> Self:
        """Return the details that the record holds; what is missing there has its default."""
        values = {field.name: stored[field.name] for field in fields(cls) if field.name in stored}
        arguments = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return cls(**arguments)


@dataclass(frozen=True, slots=True)
class UnknownDetails:
    """Details of an act of a kind that this version does not know, as they are stored."""

    values: Mapping[str, object]

    def as_stored(self) -> Mapping[str, object]:
        """Return the details as the record has them."""
        return self.values


@dataclass(frozen=True, slots=True)
class Moderator:
    """The person whose act it is. ``id`` 0 is the bot itself, acting by a rule."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NewAct:
    """An act to put on the record with a change of state.

    ``shown_in`` are the Chat Rooms in whose moderator channels it is posted.
    """

    guild_id: int
    room_id: int | None
    turn_id: int | None
    by: Moderator
    details: ActDetails
    reason: str = ""
    shown_in: tuple[int, ...] = ()

    @property
    def kind(self) -> ActKind:
        """Return the kind of the act, which its details tell."""
        return self.details.kind


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a moderator, on the record: who, what, when, why.

    ``kind`` is the text of an `ActKind`, unless another version wrote the record.
    """

    id: int
    guild_id: int
    room_id: int | None
    turn_id: int | None
    by: Moderator
    kind: str
    reason: str
    details: ActDetails | UnknownDetails
    at: datetime
    number: int | None = None
    """The number of the reply that it is about, as people call it."""


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


DEFAULT_CHECK_IN: Final = (
    "How does the session feel to you, and would you rather go on with it or go back?"
)
"""The question where the moderator words none: the paper's."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A moderator's question to the Chatbot in a session: how it feels, and to go on or back.

    ``id`` is that of the act; ``answer`` is None until the next boundary has come.
    """

    id: int
    room_id: int
    by: Moderator
    question: str
    asked_at: datetime
    turn_id: int | None = None
    answer: str | None = None
    answered_at: datetime | None = None

    @property
    def words(self) -> str:
        """Return the question as the Chatbot gets it."""
        return self.question or DEFAULT_CHECK_IN


@dataclass(frozen=True, slots=True)
class CheckInAnswer:
    """The Chatbot's answer to a check-in, in the turn in whose session it gave it."""

    check_in_id: int
    turn_id: int
    text: str
