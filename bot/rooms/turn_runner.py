"""The parts of the engine that the rooms ask something of, without knowing it."""

from __future__ import annotations

from typing import Protocol

from bot.domain import NewAct, Room, Turn
from bot.domain.events import Event
from bot.domain.turn_context import Transition, TurnContext


class TurnRunner(Protocol):
    """The one that takes turns through the rooms."""

    def wake(self, room_id: int) -> None:
        """See to it that the room's turns are being worked on."""

    def emit(self, event: Event) -> None:
        """Tell every listener of an event."""

    async def turn_context(self, turn: Turn, room: Room) -> TurnContext:
        """Return all that a step of the turn needs to know."""

    async def take(self, step: Transition, was: Turn, *, act: NewAct) -> Turn:
        """Take a moderator's step with a turn that waits. Raises StaleTurn if it has moved on."""


class PostRelay(Protocol):
    """The one that takes posts to the Therapy Room and to the moderators."""

    def wake(self, room_id: int) -> None:
        """Look for posts of that room now, unless a place is known to be closed."""

    def reset_backoff(self, room_id: int) -> None:
        """Try that room's places again at once."""
