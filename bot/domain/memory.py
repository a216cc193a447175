"""The memory of a room: what sessions worked on lately, and what came out of them.

Themes are names of findings, and what helped is one line that is no quote and names nobody: no
session's words are in it. Of a person there is one only where they have agreed to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

MOST_KEPT: Final = 20
"""Sessions that a room remembers; the oldest goes for a new one."""
MOST_SEEN: Final = 5
"""Sessions that the Therapist is told of, and as many with the person it is about."""
MOST_LINES: Final = 3
"""Lines that the Chatbot keeps in mind for a draft."""
LONGEST_LINE: Final = 160
"""Characters of what is to be kept in mind after one session."""
LATELY: Final = timedelta(days=30)
"""How far back the memory goes."""
MOST_THEMES: Final = 5
LONGEST_THEME: Final = 40


@dataclass(frozen=True, slots=True)
class SessionMemory:
    """What one session worked on. ``person_id`` is of who agreed to be remembered, or None."""

    turn_id: int
    room_id: int
    themes: tuple[str, ...]
    keep_in_mind: str
    at: datetime
    person_id: int | None = None


@dataclass(frozen=True, slots=True)
class RoomMemory:
    """What a turn's agents remember of the sessions before it, each newest first."""

    worked_on: tuple[SessionMemory, ...] = ()
    with_person: tuple[SessionMemory, ...] = ()
    """Of these, those with the person whom the turn answers, if they agreed to it."""
    keep_in_mind: tuple[str, ...] = field(default=())
    """The latest lines, none of them twice."""

    @property
    def themes(self) -> frozenset[str]:
        """Return all that was worked on."""
        return frozenset(theme for one in self.worked_on for theme in one.themes)


NOTHING_REMEMBERED: Final = RoomMemory()
