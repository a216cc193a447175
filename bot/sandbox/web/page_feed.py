"""The page's view of the bot beyond Discord: how turns go on, and the Chatbot's persona.

The sandbox knows no bot. A program that runs one in it implements `PageFeed`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.sandbox.users.user import SandboxUser


@dataclass(frozen=True, slots=True)
class ProgressStep:
    """An event of a turn. ``what`` is the event's name, ``round`` 0 for none."""

    what: str
    round: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TurnProgress:
    """A turn's way through the rooms so far."""

    room_id: int
    turn_id: int
    steps: tuple[ProgressStep, ...]


@dataclass(frozen=True, slots=True)
class RoomState:
    """The state of a Chat Room: paused or not."""

    room_id: int
    paused: bool


@dataclass(frozen=True, slots=True)
class PersonaChoice:
    """The Chatbot's persona, and all that can be chosen."""

    persona: str
    personas: tuple[str, ...]


FeedChange = TurnProgress | RoomState | PersonaChoice


class PageFeed(Protocol):
    """A source of what the page shows beyond Discord, for one bot."""

    @property
    def room_id(self) -> int:
        """The Chat Room whose persona is shown and changed."""
        ...

    async def open(self, on_change: Callable[[FeedChange], None]) -> None:
        """Begin to pass on changes."""
        ...

    def close(self) -> None:
        """Pass on no more changes."""
        ...

    async def persona_choice(self) -> PersonaChoice:
        """Return the persona of the Chat Room."""
        ...

    async def change_persona(self, persona: str) -> PersonaChoice:
        """Give the Chat Room another persona. Raises Refused."""
        ...

    def may_watch(self, user: SandboxUser, room_id: int) -> bool:
        """Return whether somebody may know how turns go on in a room."""
        ...

    def visible_to(self, user: SandboxUser) -> tuple[TurnProgress | RoomState, ...]:
        """Return all that somebody may know of the rooms now."""
        ...
