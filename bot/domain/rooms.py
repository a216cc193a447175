"""A Chat Room, with who moderates it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.moderation import Moderator
from bot.domain.room_settings import RoomSettings


@dataclass(frozen=True, slots=True)
class Room:
    """A Chat Room. Ids are Discord snowflakes, or small numbers in a simulation."""

    id: int
    guild_id: int
    moderator_channel_id: int
    therapy_parent_id: int
    settings: RoomSettings = field(default_factory=RoomSettings)
    paused: bool = False
    paused_until: datetime | None = None
    pause_reason: str = ""
    simulated: bool = False
    moderator_role_id: int | None = None
    """A role whose holders are moderators of this room, besides those with the permission."""
    therapist: Moderator | None = None
    """The person in the Therapist's seat; None for the AI."""
    resumed_at: datetime | None = field(default=None, compare=False)
    """When it last went on after a pause: the stop rules count from there."""
    paused_by: Moderator | None = None
    """Who paused it, while it is paused, if that is known."""
    paused_at: datetime | None = field(default=None, compare=False)
    released: bool = False
    """Whether it was removed, and is a channel like any other now."""

    @property
    def answers(self) -> bool:
        """Return whether replies may leave it."""
        return not (self.paused or self.released)

    @property
    def pause_mark(self) -> int:
        """Return the mark by which this pause is told from a later one; 0 while there is none.

        It is the moment at which it began, in milliseconds since 1970; 1 where that is not known.
        """
        if not self.paused:
            return 0
        return int(self.paused_at.timestamp() * 1000) if self.paused_at else 1


def days_after_leaving(rooms: Iterable[Room]) -> int | None:
    """Return after how many days a server forgets who left: the least of its rooms; None: never."""
    days = [room.settings.left_days for room in rooms if room.settings.left_days is not None]
    return min(days, default=None)
