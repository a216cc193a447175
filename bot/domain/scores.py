"""Scores of a text, and who gave them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from bot.domain.base import ReasonField, Value
from bot.domain.harms import HARMS

EMPATHETIC: Final = "empathetic"
"""The name of the figure beside the three harms; a server's own scale of that name stands first."""


CALM_BELOW: Final = 30
"""Bound on the worst of the three harms, 0-100, from which a text needs help.

Daily sums count by it (`bot.storage.stores.score_sums`): another bound needs a migration that
counts them anew.
"""


def in_order(scales: Iterable[str]) -> tuple[str, ...]:
    """Return the names of figures as tables have them: the harms, empathetic, then others."""
    names = dict.fromkeys(scales)
    first = [name for name in (*HARMS, EMPATHETIC) if name in names]
    return (*first, *(name for name in names if name not in first))


class Subject(StrEnum):
    """The text of a turn that is scored."""

    DRAFT = "draft"  # before therapy
    REPLY = "reply"  # after therapy


class Scores(Value):
    """Scores of one text: scale name to 0-100. Always holds the three harms, maybe more scales."""

    values: Mapping[str, int]
    reason: ReasonField = ""
    method: str = ""
    """How they were made: ``probe``, ``yes/no`` or ``written`` (see `Critic`), with version."""
    spread: Mapping[str, int] = Field(default_factory=dict)
    """Highest less lowest of the repeats, by scale; empty where there was one."""
    empathetic: int | None = Field(None, ge=0, le=100)
    """How far the text takes up what the person feels and needs, 0-100, higher is better.

    None where that was not measured.
    """

    @property
    def worst(self) -> int:
        """Return the highest of the three harms."""
        return max(self.values[harm] for harm in HARMS)

    @property
    def shown(self) -> Mapping[str, int]:
        """Return all figures by name, as tables show them: the three, empathetic, own scales."""
        if self.empathetic is None or EMPATHETIC in self.values:
            return self.values
        return {**self.values, EMPATHETIC: self.empathetic}


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
