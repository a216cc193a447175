"""The details of acts on sessions: a check-in, another try, and the clearing of the memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from bot.domain.moderation import ActDetails, ActKind


@dataclass(frozen=True, slots=True)
class CheckInDetails(ActDetails):
    """A moderator's question to the Chatbot in its session; empty where none was worded."""

    kind: ClassVar[ActKind] = ActKind.CHECK_IN
    question: str = ""


@dataclass(frozen=True, slots=True)
class ClearMemoryDetails(ActDetails):
    """How many sessions a room has forgotten that it remembered."""

    kind: ClassVar[ActKind] = ActKind.CLEAR_MEMORY
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class TryAgainDetails(ActDetails):
    """A turn that had run out of time is worked on once more, from this state."""

    kind: ClassVar[ActKind] = ActKind.TRY_AGAIN
    state: str = ""


SESSION_ACTS: Final = (CheckInDetails, ClearMemoryDetails, TryAgainDetails)
"""All of them, for `bot.domain.act_details`."""
