"""The words of the project as types. No I/O, no Discord, no database.

A *turn* is one answer of the Chatbot: the messages it answers, the draft, the session with the
Therapist (one or more rounds), the reply, and the scores of draft and reply.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from bot.room_settings import HARMS, MAX_ROUNDS, ReplyWhen, RoomSettings

__all__ = ["HARMS", "MAX_ROUNDS", "ReplyWhen", "RoomSettings"]  # handed on to whoever needs them


class Agent(StrEnum):
    """The four agents; each is its own LLM client with its own prompt, model and endpoint."""

    CHATBOT = "chatbot"
    USER = "user"
    THERAPIST = "therapist"
    CRITIC = "critic"


class Speaker(StrEnum):
    """Who an utterance in the Therapy Room is by; MODERATOR is a person in the Therapist's seat."""

    CHATBOT = "chatbot"
    THERAPIST = "therapist"
    MODERATOR = "moderator"


class TurnState(StrEnum):
    """Where a turn is. It is stored before the next step starts, so recovery is a query."""

    CLAIMED = "claimed"  # its messages are its own; next: the draft
    DRAFTED = "drafted"  # a text awaits the Therapist
    WAITING = "waiting"  # it awaits the person in the Therapist's seat
    REVIEWED = "reviewed"  # the Therapist has spoken; next: the Chatbot reflects
    READY = "ready"  # the reply is written and checked; next: the gate if there is one, send it
    GATED = "gated"  # the reply awaits a moderator
    SENT = "sent"  # the reply is in the Chat Room
    WITHHOLDING = "withholding"  # no reply will be sent; next: the apology
    WITHHELD = "withheld"  # the apology is out, or could not be delivered

    @property
    def open(self) -> bool:
        """Whether the engine still has a step to take before evaluation."""
        return self not in (TurnState.SENT, TurnState.WITHHELD)

    @property
    def waits(self) -> bool:
        """Whether the turn waits for a person, until its time is over."""
        return self in (TurnState.WAITING, TurnState.GATED)


class EvaluationState(StrEnum):
    """Where a turn's evaluation is."""

    NONE = "none"  # the turn is still open
    PENDING = "pending"
    SCORED = "scored"
    FAILED = "failed"  # the card says why


class Subject(StrEnum):
    """Which text of a turn is scored."""

    DRAFT = "draft"  # before therapy
    REPLY = "reply"  # after therapy


class Value(BaseModel):
    """Base of the immutable values that flow between rooms."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Line(Value):
    """One message of a conversation. ``speaker`` is a display name: data, never trusted."""

    speaker: str
    text: str
    by_chatbot: bool = False


class Conversation(Value):
    """What was said in the Chat Room, oldest first, bounded by whoever builds it.

    ``lines`` came before; ``asked`` are the messages (one or more, never empty) that this turn
    answers.
    """

    lines: tuple[Line, ...] = ()
    asked: tuple[Line, ...]


class HarmFinding(Value):
    """One way in which a text would hurt the user: which harm, and why."""

    harm: str
    why: str


class Review(Value):
    """What the Therapist says of a text: its part of one round."""

    user_feels: str
    user_needs: str
    harms: tuple[HarmFinding, ...] = ()
    says: str
    something_left: bool
    """Whether there is anything to work on; False means that the text may go out as it is."""
    wants_to_see: bool = False
    """Whether the Therapist wants to see the change before the Chatbot goes back."""


class ChatbotState(Value):
    """How the Chatbot is doing, each 0-100 (the paper's Control Room query)."""

    therapy_progression: int = Field(ge=0, le=100)
    confusion: int = Field(ge=0, le=100)
    urgency: int = Field(ge=0, le=100)


class Reflection(Value):
    """What the Chatbot answers to a review: its part of one round."""

    reflection: str
    wants_another_round: bool
    state: ChatbotState
    response: str
    """The revised response."""


class StateAnswer(Value):
    """The Chatbot's answer to a moderator's query."""

    state: ChatbotState
    answer: str


class Lessons(Value):
    """The Chatbot's answer to a moderator's call to reflect."""

    learned: str


class Scores(Value):
    """Scores of one text: scale name to 0-100. Always holds the three harms, maybe more scales."""

    values: Mapping[str, int]
    reason: str = ""
    method: str = ""
    """How they were made: ``probe``, ``yes/no`` or ``written`` (see `Critic`), with version."""
    spread: Mapping[str, int] = Field(default_factory=dict)
    """Highest less lowest of the repeats, by scale; empty where there was one."""

    @property
    def worst(self) -> int:
        """The highest of the three harms."""
        return max(self.values[harm] for harm in HARMS)


@dataclass(frozen=True, slots=True)
class Persona:
    """How the Chatbot is to be: a name to pick it by, and words for its prompt.

    ``examples`` are pairs of (user, chatbot) lines that show the manner. ``voice`` is what of
    the manner a reply keeps after therapy, in a few words. ``temperature`` (0-2) is of a small
    model's drafts: at a low one it falls back into how it was brought up.
    """

    name: str
    description: str
    examples: tuple[tuple[str, str], ...] = ()
    voice: str = ""
    temperature: float | None = None


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


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A message in scope of the Chatbot, as it came in."""

    id: int
    room_id: int
    author_id: int
    author_name: str
    text: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said in the Therapy Room. ``number`` counts from 1 within its turn.

    A Therapist's utterance carries its ``review``, a Chatbot's its ``reflection``.
    """

    number: int
    round: int
    speaker: Speaker
    text: str
    review: Review | None = None
    reflection: Reflection | None = None


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


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock that every wait on a path respects."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """The deadline that many seconds from now."""
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self.at - time.monotonic())


class PostTo(StrEnum):
    """Where a post of the outbox goes. Replies and apologies do not go through the outbox."""

    THERAPY_ROOM = "therapy room"
    MODERATORS = "moderators"


class PostKind(StrEnum):
    """What a post of the outbox shows. All but NOTICE are rendered from the record when due."""

    DRAFT = "draft"  # Therapy Room: the draft of a turn, with what it answers
    UTTERANCE = "utterance"  # Therapy Room: `ref` is the utterance's number
    REPLY = "reply"  # Therapy Room: the reply as it went to the Chat Room
    WITHHELD = "withheld"  # Therapy Room: that no reply was sent, and why
    SEAT = "seat"  # Therapy Room: the text awaits the person in the seat; `ref` is the round
    GUIDANCE = "guidance"  # Therapy Room: `ref` is the id of a moderator's words, heard just then
    CARD = "card"  # moderators: the score card of a turn
    ACT = "act"  # moderators: `ref` is the id of a moderator's act
    NOTICE = "notice"  # moderators: `text`, about the room itself
    GATE = "gate"  # moderators: a reply awaits them; `text` says why it is held
    DIGEST = "digest"  # moderators: turns without cards of their own; `ref` is the digest's id


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to put into the outbox with a change of state."""

    room_id: int
    to: PostTo
    kind: PostKind
    turn_id: int | None = None
    ref: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A post that waits in the outbox. Posts to one place of one room go out in order of `id`."""

    id: int
    new: NewPost
    tries: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Moderator:
    """The person whose act it is. ``id`` 0 is the bot itself, acting by a rule."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class NewAct:
    """An act to put on the record with a change of state. ``shown``: it is posted to the others."""

    guild_id: int
    room_id: int | None
    turn_id: int | None
    by: Moderator
    kind: str
    reason: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """An act of a moderator, on the record: who, what, when, why."""

    id: int
    guild_id: int
    room_id: int | None
    turn_id: int | None
    by: Moderator
    kind: str
    reason: str
    details: Mapping[str, object]
    at: datetime


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One rater's scores of one text of a turn; ``rater`` is ``critic`` or a person's id."""

    turn_id: int
    subject: Subject
    rater: str
    scores: Scores
    model: str
    prompt_version: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Guidance:
    """A moderator's words for the Chatbot's sessions. It ends after ``turns_left`` turns."""

    id: int
    room_id: int
    by: Moderator
    text: str
    created_at: datetime
    turns_left: int
    withdrawn: bool = False
