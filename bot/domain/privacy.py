"""The choices that each person has about their words, each apart from the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class PrivacyChoice(StrEnum):
    """A choice, by the name under which it is stored."""

    STORAGE = "storage"  # be stored and answered
    FEEDBACK = "feedback"  # count my reactions as feedback
    TRAINING = "training"  # use my words for training
    MEMORY = "memory"  # remember what was worked on in talks with me


UNSAID: Final[Mapping[PrivacyChoice, bool]] = MappingProxyType(
    {
        PrivacyChoice.STORAGE: True,
        PrivacyChoice.FEEDBACK: False,
        PrivacyChoice.TRAINING: False,
        PrivacyChoice.MEMORY: False,
    }
)
"""The choices of who has said nothing."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice as it stands: yes or no, and since when and by whom; None where nobody chose."""

    yes: bool
    at: datetime | None = None
    by_id: int | None = None


Choices = Mapping[PrivacyChoice, Chosen]


@dataclass(frozen=True, slots=True)
class StoredSummary:
    """The counts of what is stored of a person in a server."""

    messages: int
    turns: int
    first_at: datetime | None
    rows: Mapping[str, int]
    """Rows that name the person, by table, without messages."""
