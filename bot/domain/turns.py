"""A turn: one answer of the Chatbot, and where it is on its way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Agent(StrEnum):
    """The four agents; each is its own LLM client with its own prompt, model and endpoint."""

    CHATBOT = "chatbot"
    USER = "user"
    THERAPIST = "therapist"
    CRITIC = "critic"


class TurnState(StrEnum):
    """A place on a turn's way. It is stored before the next step starts: recovery is a query.

    The ways between them are in `bot.domain.transitions`.
    """

    CLAIMED = "claimed"  # its messages are its own; next: the draft
    DRAFTED = "drafted"  # a text awaits the Therapist
    WAITING = "waiting"  # it awaits the person in the Therapist's seat
    REVIEWED = "reviewed"  # the Therapist has spoken; next: the Chatbot reflects
    READY = "ready"  # the reply is written and checked; next: the gate if there is one, send it
    GATED = "gated"  # the reply awaits a moderator
    SENT = "sent"  # the reply is in the Chat Room
    WITHHOLDING = "withholding"  # no reply will be sent; next: the apology
    WITHHELD = "withheld"  # the apology is out, or could not be delivered
    HELPED = "helped"  # a fixed text with help took the place of a reply

    @property
    def open(self) -> bool:
        """Return whether the engine still has a step to take before evaluation."""
        return self not in (TurnState.SENT, TurnState.WITHHELD, TurnState.HELPED)

    @property
    def waits(self) -> bool:
        """Return whether the turn waits for a person, until its time is over."""
        return self in (TurnState.WAITING, TurnState.GATED)


class EvaluationState(StrEnum):
    """The state of a turn's evaluation."""

    NONE = "none"  # the turn is still open
    PENDING = "pending"
    SCORED = "scored"
    FAILED = "failed"  # the card says why
    EXEMPT = "exempt"  # a fixed text, in which no model had a hand


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer of the Chatbot, at one moment of its way."""

    id: int
    room_id: int
    state: TurnState
    evaluation: EvaluationState
    created_at: datetime
    message_ids: tuple[int, ...]
    round: int = 0
    """Rounds begun, 0 before the Therapist first spoke."""
    attempts: int = 0
    """Tries of the present step that a check of the text has turned down."""
    draft: str | None = None
    candidate: str | None = None
    """The text under work: the draft at first, then each revised response."""
    reply: str | None = None
    reply_message_ids: tuple[int, ...] = ()
    delivery_tries: int = 0
    """How often a post was begun; above 0 the Chat Room is looked at before sending again."""
    withheld_because: str | None = None
    """For moderators: why no reply was sent."""
    replied_at: datetime | None = None
    waits_until: datetime | None = None
    """While it waits for a person: when their time is over."""
    unattended: bool = False
    """The person in the seat let the time pass: the AI is the Therapist of this turn."""
    approved: bool = False
    """The reply is through the gate, by its scores or by a moderator."""
    people: tuple[int, ...] = ()
    """The ids of those it answers whose limits it counts for: not of exempt ones."""
    began_at: datetime | None = None
    """When its present try began, where that is later than the turn itself."""
    retry_from: TurnState | None = None
    """Of a turn that ran out of time: the state from which it may be tried again, once."""
    retried: bool = False
    """It has been tried again."""
    number: int = 0
    """The number by which people call its reply: it counts those of the room, from 1."""
    version: int = field(default=0, compare=False)
    """Steps saved so far: the store counts them, and refuses a step from an earlier version."""

    @property
    def waits_since(self) -> datetime:
        """Return the moment from which its waiting counts: the beginning of its present try."""
        return self.began_at or self.created_at
