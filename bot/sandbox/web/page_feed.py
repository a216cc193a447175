"""The page's view of the bot beyond Discord: turns on their way and in words, and its settings.

The sandbox knows no bot. A program that runs one in it implements `PageFeed`, which decides who may
see what: the page is only ever given what its person may have.
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
    """A turn's way through the rooms so far. Its words are asked for: see `TurnRecord`."""

    room_id: int
    turn_id: int
    steps: tuple[ProgressStep, ...]


@dataclass(frozen=True, slots=True)
class SaidLine:
    """Something that somebody said in the Chat Room."""

    who: str
    text: str


@dataclass(frozen=True, slots=True)
class SessionLine:
    """Something said in the Therapy Room: ``speaker`` is chatbot, therapist or moderator."""

    speaker: str
    round: int
    text: str
    notes: tuple[str, ...]
    """What was found, felt and decided with it, each in a few words."""


@dataclass(frozen=True, slots=True)
class ScorePair:
    """One figure of 0-100 for draft and reply; None where it was not measured."""

    name: str
    draft: int | None
    reply: int | None
    high_is_good: bool


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn in words, as far as it has come; texts are empty until they are there."""

    turn_id: int
    number: int
    """The number by which people call its reply."""
    open: bool
    waits_for: str
    """A word for what holds it: gate, seat or pause; empty where nothing does."""
    asked: tuple[SaidLine, ...]
    draft: str
    session: tuple[SessionLine, ...]
    reply: str
    """What was sent, or is about to be."""
    withheld: str
    """Why no reply was sent, for moderators."""
    scores: tuple[ScorePair, ...]
    verdict: str
    """The word on its card, such as "nothing found"; empty before it is scored."""
    asks_for_a_look: bool
    reason: str
    """What the Critic said, or why it gave no scores."""
    seconds: float | None
    """From its beginning to the reply."""
    thread_id: int | None
    moderators_id: int


@dataclass(frozen=True, slots=True)
class RoomState:
    """The state of a Chat Room: paused or not."""

    room_id: int
    paused: bool


@dataclass(frozen=True, slots=True)
class RoomChoices:
    """The Chat Room's settings that the page shows, and all that can be chosen."""

    persona: str
    personas: tuple[str, ...]
    replies: str
    """When it answers."""
    replies_choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelNote:
    """The truth about the Chatbot's model, for somebody who is about to wait for it."""

    name: str
    embedded: bool
    """Whether it runs on this machine, as the one that comes along does."""
    small: bool
    seconds: float | None = None
    """How long the latest replies took here (the median); None before there was one."""


FeedChange = TurnProgress | RoomState | RoomChoices | ModelNote


class PageFeed(Protocol):
    """A source of what the page shows beyond Discord, for one bot."""

    @property
    def room_id(self) -> int:
        """The Chat Room whose settings are shown and changed."""
        ...

    async def open(self, on_change: Callable[[FeedChange], None]) -> None:
        """Begin to pass on changes."""
        ...

    def close(self) -> None:
        """Pass on no more changes."""
        ...

    async def choices(self) -> RoomChoices:
        """Return the settings of the Chat Room."""
        ...

    async def model(self) -> ModelNote:
        """Return what is to be said of the model."""
        ...

    async def choose(self, user: SandboxUser, persona: str | None, replies: str | None) -> None:
        """Change settings of the Chat Room, as somebody. Raises Refused."""
        ...

    async def read_turn(self, user: SandboxUser, turn_id: int) -> TurnRecord:
        """Return a turn in words. Raises Refused for somebody who may not read it."""
        ...

    def may_watch(self, user: SandboxUser, room_id: int) -> bool:
        """Return whether somebody may know how turns go on in a room."""
        ...

    def may_choose(self, user: SandboxUser) -> bool:
        """Return whether somebody may change the settings of the Chat Room."""
        ...

    def visible_to(self, user: SandboxUser) -> tuple[TurnProgress | RoomState, ...]:
        """Return all that somebody may know of the rooms now."""
        ...
