"""The conversation in the Chat Room, and the manner that the Chatbot is to have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.base import Value


class Line(Value):
    """One message of a conversation. ``speaker`` is a display name: data, never trusted."""

    speaker: str
    text: str
    by_chatbot: bool = False
    replied_to: tuple[Line, ...] = ()
    """What this line replies to and is not plain from the lines before it, oldest first."""


class Conversation(Value):
    """The conversation in the Chat Room, oldest first, bounded by whoever builds it.

    ``lines`` came before; ``asked`` are the messages (one or more, never empty) that this turn
    answers.
    """

    lines: tuple[Line, ...] = ()
    asked: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A message in scope of the Chatbot, as it came in."""

    id: int
    room_id: int
    author_id: int
    author_name: str
    text: str
    sent_at: datetime
    exempt: bool = False
    """The author has a role that is beyond the cooldown and the limits of a person."""
    reply_to_id: int | None = None
    """The message that it replies to, if it does."""


@dataclass(frozen=True, slots=True)
class Persona:
    """The manner of the Chatbot: a name to pick it by, and words for its prompt.

    ``examples`` are pairs of (user, chatbot) lines that show the manner. ``voice`` is what of
    the manner a reply keeps after therapy, in a few words. ``temperature`` (0-2) is of a small
    model's drafts: at a low one it falls back into how it was brought up.
    """

    name: str
    description: str
    examples: tuple[tuple[str, str], ...] = ()
    voice: str = ""
    temperature: float | None = None
