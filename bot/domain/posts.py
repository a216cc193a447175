"""The posts of the outbox, and the messages to the Chat Room with their port."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2s
from typing import Protocol


class PostTo(StrEnum):
    """The place for a post of the outbox. Replies and apologies do not go through the outbox."""

    THERAPY_ROOM = "therapy room"
    MODERATORS = "moderators"
    HELP = "help"  # the Chat Room or a thread of it, at once: a fixed text alone
    CALL = "call"  # moderators, at once, beside whatever else waits for their channel
    CHAT_ROOM = "chat room"  # a fixed text alone
    ERASURE = "erasure"  # no place: what shows forgotten words is taken away, or shown anew


class PostKind(StrEnum):
    """The content of a post of the outbox. All but NOTICE are rendered from the record when due."""

    DRAFT = "draft"  # Therapy Room: the draft of a turn, with what it answers
    UTTERANCE = "utterance"  # Therapy Room: `ref` is the utterance's number
    REPLY = "reply"  # Therapy Room: the reply as it went to the Chat Room
    WITHHELD = "withheld"  # Therapy Room: that no reply was sent, and why
    SEAT = "seat"  # Therapy Room: the text awaits the person in the seat; `ref` is the round
    GUIDANCE = "guidance"  # Therapy Room: `ref` is the id of a moderator's words, heard just then
    GUIDANCE_CHECK = "guidance check"  # Therapy Room: guidance `ref` was not followed
    CHECK_IN = "check-in"  # Therapy Room: `ref` is the id of a check-in that was answered
    CARD = "card"  # moderators: of a turn; `ref` is the first post of those that share its message
    ACT = "act"  # moderators: `ref` is the id of a moderator's act
    NOTICE = "notice"  # moderators: `text`, about the room itself
    LIMIT = "limit"  # Chat Room: `text` is fixed, in answer to the message `ref`
    GATE = "gate"  # moderators: a reply awaits them; `text` says why it is held
    LINE = "line"  # moderators: a turn's line in the rolling list; erasure: that list shown anew
    FEEDBACK = "feedback"  # moderators: a member's word on a reply; `ref` is its id
    DIGEST = "digest"  # moderators: turns without cards of their own; `ref` is the digest's id
    DAY = "day"  # moderators: a room's last day; `ref` is its end, in seconds since 1970
    HELP = "help"  # Chat Room: `text` is fixed, for a person in danger; `ref` is the crisis's id
    CALL = "call"  # moderators: a person may be in danger; `ref` as above, `text` what they wrote
    ALERT = (
        "alert"  # moderators: `text` is a cause of `CallCause` and why; `ref`: a message, if any
    )
    REMOVAL = "removal"  # erasure: `ref` is the message to delete, `text` says where it is
    RENEWAL = "renewal"  # erasure: the card of a turn, or the digest `ref` in the message `text`


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
class ReplyPost:
    """One message of a reply (or of an apology) on its way to the Chat Room.

    ``nonce`` (at most 25 characters) is the same at every try, so that Discord can tell a
    repeated request; ``reference_id`` is the message answered.
    """

    turn_id: int
    room_id: int
    part: int
    parts: int
    text: str
    nonce: str
    reference_id: int


class ChatRoomPort(Protocol):
    """The port to the Chat Room, which whoever shows it to people implements."""

    async def send(self, post: ReplyPost) -> int:
        """Post, and return the message's id.

        Raises DeliveryError if it certainly was not posted, DeliveryUncertain if it may have
        been, DeliveryRefused if it cannot be as things are.
        """
        ...

    async def find(self, post: ReplyPost) -> int | None:
        """Return the id of an own message in the channel that is this very post, or None.

        Raises DeliveryError if the channel cannot be read just now.
        """
        ...


def nonce_of(*parts: object) -> str:
    """Return a stable nonce of 20 characters for what these parts name."""
    return blake2s(":".join(map(str, parts)).encode(), digest_size=10).hexdigest()
