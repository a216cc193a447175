"""What the engine tells whoever listens: the cogs, the page of the sandbox, the simulation.

Events are news, not the record: whatever must not be lost is in the database before its event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Something happened in a Chat Room's life."""

    room_id: int


@dataclass(frozen=True, slots=True)
class TurnEvent(Event):
    """Something happened to a turn."""

    turn_id: int


class TurnBegan(TurnEvent):
    """Work on a turn begins, or goes on after a pause or a restart."""


class DraftWritten(TurnEvent):
    """The Chatbot has a draft."""


@dataclass(frozen=True, slots=True)
class TherapistSpoke(TurnEvent):
    """The Therapist has spoken in that round."""

    round: int


@dataclass(frozen=True, slots=True)
class ChatbotReflected(TurnEvent):
    """The Chatbot has answered the Therapist in that round."""

    round: int


class ReplyReady(TurnEvent):
    """Response Mode is over: the reply is written and checked, and not yet sent."""


class ReplySent(TurnEvent):
    """The reply is in the Chat Room."""


class TurnWithheld(TurnEvent):
    """No reply was sent for this turn; the person has the apology if it could be posted."""


class TurnHeld(TurnEvent):
    """Work on a turn stops at a boundary: the room is paused, or the next try has to wait."""


class WaitRenewed(TurnEvent):
    """The time of the person that the turn waits for begins anew, after a pause."""


class Scored(TurnEvent):
    """The evaluation of a turn is finished, with scores or with a reason for none."""


class RoomPaused(Event):
    """No reply leaves the room until it is resumed."""


class RoomResumed(Event):
    """The room goes on."""


Listener = Callable[[Event], None]
