"""Scores of a text, and who gave them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from bot.domain.base import Value
from bot.domain.harms import HARMS


class Subject(StrEnum):
    """The text of a turn that is scored."""

    DRAFT = "draft"  # before therapy
    REPLY = "reply"  # after therapy


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
        """Return the highest of the three harms."""
        return max(self.values[harm] for harm in HARMS)


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
