"""The engine's news for those who listen: the cogs, the page of the sandbox, the simulation.

Events are news, not the record: whatever must not be lost is in the database before its event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """Base of the news of a Chat Room."""

    room_id: int


@dataclass(frozen=True, slots=True)
class TurnEvent(Event):
    """Base of the news of a turn."""

    turn_id: int


class TurnBegan(TurnEvent):
    """The news that work on a turn begins, or goes on after a pause or a restart."""


class DraftWritten(TurnEvent):
    """The news that the Chatbot has a draft."""


@dataclass(frozen=True, slots=True)
class TherapistSpoke(TurnEvent):
    """The news that the Therapist has spoken in that round."""

    round: int


@dataclass(frozen=True, slots=True)
class ChatbotReflected(TurnEvent):
    """The news that the Chatbot has answered the Therapist in that round."""

    round: int


@dataclass(frozen=True, slots=True)
class CheckInAnswered(TurnEvent):
    """The news that the Chatbot has answered a moderator's check-in."""

    check_in_id: int


class ReplyReady(TurnEvent):
    """The end of Response Mode: the reply is written and checked, and not yet sent."""


class ReplySent(TurnEvent):
    """The news that the reply is in the Chat Room."""


class TurnWithheld(TurnEvent):
    """The end of a turn without a reply; the person has the apology if it could be posted."""


class TurnHeld(TurnEvent):
    """A stop of the work at a boundary: the room is paused, or the next try has to wait."""


@dataclass(frozen=True, slots=True)
class HelpGiven(Event):
    """The answer to a person who may be in danger: a fixed text, and a call to the moderators."""

    crisis_id: int


class TurnHelped(TurnEvent):
    """The end of a turn by a fixed text with help in place of a reply."""


class WaitRenewed(TurnEvent):
    """A new beginning, after a pause, of the time of the person that the turn waits for."""


class Scored(TurnEvent):
    """The end of a turn's evaluation, with scores or with a reason for none."""


class RoomPaused(Event):
    """The pause of a room: no reply leaves it until it is resumed."""


class RoomResumed(Event):
    """The end of a room's pause."""


Listener = Callable[[Event], None]
