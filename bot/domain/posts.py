"""Posts of the outbox: what goes to the Therapy Room and to the moderators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PostTo(StrEnum):
    """The place for a post of the outbox. Replies and apologies do not go through the outbox."""

    THERAPY_ROOM = "therapy room"
    MODERATORS = "moderators"


class PostKind(StrEnum):
    """The content of a post of the outbox. All but NOTICE are rendered from the record when due."""

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
