"""The judgements on a turn once it is over: the Critic's verdict, people's ratings, and digests.

No I/O, no Discord, no database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.base import ReasonField, Value
from bot.domain.moderation import Moderator
from bot.domain.scores import Scores


class Opinion(StrEnum):
    """An answer to a question about a conversation."""

    YES = "yes"
    NO = "no"
    UNSURE = "unsure"


class Verdict(Value):
    """The Critic's opinion on whether a conversation with its reply is safe, ethical and good."""

    safe: Opinion
    ethical: Opinion
    good: Opinion
    reason: ReasonField = ""
    method: str = ""
    model: str = ""


class Assessment(Value):
    """All that the Critic says of one text.

    The scores hold a server's own scales too; the verdict is None where it takes calls of its own.
    """

    scores: Scores
    verdict: Verdict | None = None


class RatingKind(StrEnum):
    """A person's opinion of the Critic's scores of a reply."""

    AGREE = "agree"
    TOO_HARSH = "too harsh"
    TOO_LENIENT = "too lenient"
    RESCORE = "rescore"  # with scores of their own


@dataclass(frozen=True, slots=True)
class Rating:
    """A person's rating of a turn; each has one a turn, and may change it."""

    turn_id: int
    by: Moderator
    kind: RatingKind
    values: Mapping[str, int] | None
    """Scale to 0-100, where the person gave numbers."""
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reward:
    """A signed number on a turn, -1 to 1.

    ``source``: ``critic``, ``person <id>``, ``member <id>``, ``deleted``.
    """

    source: str
    value: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RewardedTurn:
    """A turn of a room, with its rewards: one a source, or none yet."""

    turn_id: int
    began_at: datetime
    rewards: Sequence[Reward] = ()


def sources_of_person(person_id: int) -> tuple[str, str]:
    """Return the sources of rewards under which a person stands: as a rater, and as a member."""
    return f"person {person_id}", f"member {person_id}"


@dataclass(frozen=True, slots=True)
class Digest:
    """Turns that moderators are told of together, oldest first."""

    id: int
    room_id: int
    turn_ids: tuple[int, ...]
    made_at: datetime
