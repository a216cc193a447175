"""Crises: a person who may be in danger, and what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.conversation import UserMessage
from bot.domain.moderation import Moderator


class CrisisKind(StrEnum):
    """The kinds of danger, most urgent first (taxonomy: arXiv 2509.24857)."""

    OVERDOSE = "overdose"
    SUICIDE = "suicidal thoughts"
    SELF_HARM = "self-harm"
    ABUSE = "abuse"
    VIOLENCE = "harm to others"
    PANIC = "anxiety"
    UNCLEAR = "unclear"  # a model or a check saw danger, and does not say of what kind


URGENCY: Final = {kind: rank for rank, kind in enumerate(CrisisKind)}
"""Lower is more urgent."""


class CrisisCause(StrEnum):
    """The part that noticed a crisis."""

    RULE = "rule"  # the rules, in a person's message, before any model
    REVIEW = "review"  # the Therapist of a large model, in its review
    REPLY = "reply"  # the check of a reply that would have done harm
    FEEDBACK = "feedback"  # the rules, in what a member said of a reply


@dataclass(frozen=True, slots=True)
class CrisisSign:
    """A message that speaks of danger, and the rule that saw it; never the words themselves."""

    kind: CrisisKind
    about_other: bool
    """The danger is somebody else's than the writer's."""
    language: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Danger:
    """A sign of danger, and the part that saw it."""

    sign: CrisisSign
    cause: CrisisCause


@dataclass(frozen=True, slots=True)
class NewCrisis:
    """A crisis to put on the record, with the fixed texts that answer it.

    ``channel_id`` is where the help is posted: the Chat Room, or a thread of it. ``whole`` is the
    text for the first in an hour, ``short`` for each later one.
    """

    message: UserMessage
    channel_id: int
    sign: CrisisSign
    cause: CrisisCause
    whole: str
    short: str
    call: bool = True
    """Whether the moderators are called: not in a simulation."""
    is_private: bool = False
    """Whether it was said to the bot alone: then nothing of it is seen in the Chat Room."""


@dataclass(frozen=True, slots=True)
class Crisis:
    """A crisis on the record."""

    id: int
    room_id: int
    channel_id: int
    message_id: int
    author_id: int
    author_name: str
    sign: CrisisSign
    cause: CrisisCause
    turn_id: int | None
    short: bool
    """Whether the person got the short text, as there was a whole one within the hour."""
    created_at: datetime
    taken_by: Moderator | None = None
    """The moderator who said that they are with the person."""
    false_alarm_by: Moderator | None = None


@dataclass(frozen=True, slots=True)
class HeardMessage:
    """A person's message in a Chat Room or a thread of it, as the rules look at it.

    ``texts`` is all that can be read in it: its words, a forwarded message, a text file.
    """

    message: UserMessage
    channel_id: int
    texts: Sequence[str]
    locale: str | None = None
    """The language that the server is set to, as Discord names it."""
