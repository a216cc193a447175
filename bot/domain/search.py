"""A look for turns among those of a room: what is asked for, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.conversation import Line
from bot.domain.turns import Turn


@dataclass(frozen=True, slots=True)
class TurnFilter:
    """The turns that are meant. Empty words, and None, mean any."""

    words: str = ""
    """Words that all have to be in what was said, drafted or sent, in any order and case."""
    person_id: int | None = None
    """Somebody whose words it answers."""
    least_score: int | None = None
    """0-100, for the worst of the Critic's three scores of the reply."""
    withheld: bool | None = None
    """Only those whose reply was withheld, or only those whose was not."""
    language: str = ""
    """The ISO 639 code of what was said."""


@dataclass(frozen=True, slots=True)
class FoundTurn:
    """A turn with what it answers, and the worst score of its reply if it has one."""

    turn: Turn
    asked: tuple[Line, ...]
    worst: int | None
    hurt: bool = False
    """Whether a member says that it hurt them, or was wrong."""


@dataclass(frozen=True, slots=True)
class FoundPage:
    """A page of turns, newest first.

    ``older`` is the number below which the next page begins, if there may be more in the time;
    ``back_to`` when the oldest turn that was looked at began, if there was any.
    """

    found: tuple[FoundTurn, ...]
    older: int | None = None
    back_to: datetime | None = None
