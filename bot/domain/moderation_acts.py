"""The details of acts about reviews, the seat handed over, incidents and the end of a Chat Room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.domain.moderation import ActDetails, ActKind


@dataclass(frozen=True, slots=True)
class TakeReviewDetails(ActDetails):
    """Nothing besides the turn that somebody looks at."""

    kind: ClassVar[ActKind] = ActKind.TAKE_REVIEW


@dataclass(frozen=True, slots=True)
class HandReviewDetails(ActDetails):
    """The name of the colleague to whom a turn was given to look at."""

    kind: ClassVar[ActKind] = ActKind.HAND_REVIEW
    to: str = ""


@dataclass(frozen=True, slots=True)
class HandSeatDetails(ActDetails):
    """The name of the colleague who is the Therapist from now on."""

    kind: ClassVar[ActKind] = ActKind.HAND_SEAT
    to: str = ""


@dataclass(frozen=True, slots=True)
class FinishReviewDetails(ActDetails):
    """Nothing besides the turn that somebody has looked at."""

    kind: ClassVar[ActKind] = ActKind.FINISH_REVIEW


@dataclass(frozen=True, slots=True)
class RemoveRoomDetails(ActDetails):
    """Nothing besides the Chat Room that is one no more."""

    kind: ClassVar[ActKind] = ActKind.REMOVE_ROOM


@dataclass(frozen=True, slots=True)
class IncidentDetails(ActDetails):
    """The numbers of the replies that were put on a page, and whether without names."""

    kind: ClassVar[ActKind] = ActKind.INCIDENT
    first: int = 0
    last: int = 0
    blanked: bool = False


MODERATION_ACTS: Final = (
    TakeReviewDetails,
    HandReviewDetails,
    FinishReviewDetails,
    RemoveRoomDetails,
    IncidentDetails,
    HandSeatDetails,
)
