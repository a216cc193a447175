"""The Critic's look at a day's talk as a whole: what it is shown, and what it says.

It speaks in opinions and in patterns with the numbers of replies, and in no words of its own: what
is kept and shown of a day names nobody and quotes nobody, so that it can stay when somebody is
forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.base import Value
from bot.domain.ratings import Opinion


class DayPattern(StrEnum):
    """What shows in several replies together, and in none alone."""

    FLATTERY = "flattery"
    DEPENDENCE = "dependence"
    ISOLATION = "isolation"
    PRESSURE = "pressure"
    UNHEARD = "unheard"
    FAVOUR = "favour"
    CONTRADICTION = "contradiction"
    SAMENESS = "sameness"


class SeenPattern(Value):
    """A pattern, with the numbers of the replies that show it."""

    pattern: DayPattern
    replies: tuple[int, ...]


class DayLook(Value):
    """What the Critic says of a day."""

    safe: Opinion
    ethical: Opinion
    good: Opinion
    seen: tuple[SeenPattern, ...] = ()
    method: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class DayReply:
    """A reply and what it answered; people are letters, as in ``who``."""

    number: int
    days_ago: int
    """0 on the day that is looked at."""
    who: str
    said: str
    reply: str


@dataclass(frozen=True, slots=True)
class DayPerson:
    """How much of the talk one person had."""

    letter: str
    replies: int
    """Replies to them on that day."""
    days: int
    """Days of those that were read on which they talked with the Chatbot."""


@dataclass(frozen=True, slots=True)
class DayTalk:
    """The part of a day's talk that is shown, oldest first, and how much there was of it."""

    replies: tuple[DayReply, ...]
    people: tuple[DayPerson, ...]
    all_replies: int
    """Replies of the day, with those that are not shown."""
    days: int
    """Whole days that were read, with that one."""
    is_whole: bool = True
    """Whether the day itself was read whole; else there were more replies and people."""

    @property
    def numbers(self) -> frozenset[int]:
        """Return the numbers of the replies that are shown."""
        return frozenset(one.number for one in self.replies)
