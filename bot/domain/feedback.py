"""What members say of a reply: that it helped, or that it hurt them or was wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.moderation import Moderator


class FeedbackKind(StrEnum):
    """What a reply did, in the eyes of whoever read it."""

    HELPED = "helped"
    HURT = "hurt"  # or was wrong


@dataclass(frozen=True, slots=True)
class Feedback:
    """A member's word on a turn's reply; each has one a turn, and may change it."""

    turn_id: int
    by: Moderator
    kind: FeedbackKind
    words: str
    at: datetime
    id: int = 0
