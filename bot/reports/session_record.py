"""A whole turn in one file: as a page that a person reads, and as JSON.

The page is one HTML file without scripts or anything from elsewhere; all that people and models
said is text in it, never markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from bot.agents.alliance.scales import AllianceCurve
from bot.domain import (
    Act,
    Conversation,
    Evaluation,
    Guidance,
    Line,
    Turn,
    Utterance,
)
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.moderation import ActDetails, ActKind, CheckIn, Moderator, UnknownDetails
from bot.domain.ratings import Rating, Reward, Verdict
from bot.domain.scores import in_order
from bot.llm.protocol import CallRecord, Usage
from bot.reports.answer_time import say_answered
from bot.reports.critic_names import name_critic
from bot.reports.page_template import render_page
from bot.rooms.evaluation.kept_words import explain_gone, is_kept
from bot.rooms.evaluation.rewards import CRITIC, DELETED
from bot.storage.database.data_classes import NOBODY
from bot.text.moderator_texts import Later, say
from bot.text.prompt_safety import is_reserved

_WAITED_FOR: Final = (
    ActKind.APPROVE,
    ActKind.EDIT,
    ActKind.ANOTHER_ROUND,
    ActKind.THERAPIST_SPEAKS,
    ActKind.THERAPIST_READY,
)
"""What moderators do to a turn that waits for them."""
_OPINIONS: Final[Mapping[FeedbackKind, Later]] = {
    FeedbackKind.HELPED: Later("💚 it helped them"),
    FeedbackKind.HURT: Later("💔 it hurt them, or was wrong"),
}
_SOURCES: Final[Mapping[str, Later]] = {
    CRITIC: Later("the Critic"),
    DELETED: Later("the reply was deleted"),
    "person": Later("a moderator"),
    "member": Later("a member"),
}
"""Where a reward comes from, by the first word of its source."""
TEMPLATE: Final = Path(__file__).parent / "session.html"


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """All that is stored of a turn."""

    room_name: str
    turn: Turn
    conversation: Conversation
    session: Sequence[Utterance]
    guidance: Sequence[Guidance]
    evaluations: Sequence[Evaluation]
    failure: str | None
    verdict: Verdict | None
    ratings: Sequence[Rating]
    feedback: Sequence[Feedback]
    """What members say of the reply."""
    rewards: Sequence[Reward]
    discounted_return: float | None
    """What the talk came to from here on: see `bot.rooms.evaluation.returns`."""
    calls: Sequence[CallRecord]
    usage: Usage
    acts: Sequence[Act]
    check_ins: Sequence[CheckIn] = ()
    alliance: Sequence[AllianceCurve] = ()
    paused: bool = False
    """Whether the room was paused while it was answered."""
    trust: Mapping[str, str] = field(default_factory=dict)
    """How far each Critic of the evaluations can be trusted, by its method and model."""

    @property
    def scales(self) -> list[str]:
        """Return the scales that anybody scored: the three harms, empathetic, then others."""
        scored = [scale for one in self.evaluations for scale in one.scores.shown]
        rated = [scale for one in self.ratings for scale in one.values or {}]
        return list(in_order([*scored, *rated]))

    @property
    def critics(self) -> list[tuple[str, str]]:
        """Return who scored it, each by name with how far it can be trusted."""
        ways = dict.fromkeys((one.scores.method, one.model) for one in self.evaluations)
        return [
            (name_critic(method, model), self.trust.get(f"{method} by {model}", ""))
            for method, model in ways
        ]

    @property
    def asked(self) -> list[Line]:
        """Return what it answers, as far as that is still kept."""
        return [line for line in self.conversation.asked if is_kept(line)]

    @property
    def gone(self) -> str:
        """Return in a sentence that its words are no longer kept; empty while they are."""
        return explain_gone(self.turn, self.conversation.asked)

    @property
    def rewarded(self) -> list[tuple[str, float]]:
        """Return the rewards, each by whom it comes from: people by their names."""
        names = {f"person {one.by.id}": one.by.name for one in self.ratings if one.by.id > NOBODY}
        names |= {f"member {one.by.id}": _member(one.by) for one in self.feedback}
        return [(names.get(one.source) or _source(one.source), one.value) for one in self.rewards]

    @property
    def opinions(self) -> list[tuple[str, str, str]]:
        """Return what members say of the reply: who, what, and in which words of their own."""
        return [(_member(one.by), say(_OPINIONS[one.kind]), one.words) for one in self.feedback]

    @property
    def answered(self) -> str:
        """Return after which time it was answered, in words."""
        held = any(act.kind in _WAITED_FOR for act in self.acts)
        return say_answered(self.turn, stood_still=self.paused or held)


def _member(by: Moderator) -> str:
    """Return a member's name, with a mark where it reads like an agent's; retention takes it."""
    if by.id <= NOBODY:
        return say("a member")
    return say("{name} (member)", name=by.name) if is_reserved(by.name) else by.name


def _source(source: str) -> str:
    """Return in words where a reward comes from that is no opinion of a known person."""
    return say(_SOURCES.get(source.partition(" ")[0], source))


def as_json(record: SessionRecord) -> str:
    """Return the record as JSON; Discord's ids are text, as many readers round large numbers."""
    return json.dumps(_plain(record), ensure_ascii=False, indent=2)


def as_html(record: SessionRecord) -> str:
    """Return the record as a page."""
    return render_page(TEMPLATE, record=record, turn=record.turn)


@dataclass(frozen=True, slots=True)
class SessionPages:
    """The files of a turn."""

    html: bytes
    json: bytes
    alliance: bytes | None
    """The curve of its alliance as a PNG, if it was measured and can be drawn."""


def session_pages(record: SessionRecord, *, draw: bool) -> SessionPages:
    """Make all files of a turn; ``draw`` is whether matplotlib is there."""
    picture = None
    if record.alliance and draw:
        from bot.reports.alliance_chart import alliance_chart  # noqa: PLC0415 - heavy

        title = say("Working alliance, reply #{number}", number=record.turn.number)
        picture = alliance_chart(record.alliance[0], title)
    return SessionPages(as_html(record).encode(), as_json(record).encode(), picture)


_SNOWFLAKE_FROM: Final = 2**53
"""Whole numbers from here on do not fit what JSON readers use for numbers."""


def _plain(value: Any) -> Any:
    """Return a value as JSON's own types."""
    match value:
        case BaseModel():
            found = _plain(value.model_dump())
        case ActDetails() | UnknownDetails():
            found = _plain(value.as_stored())
        case Enum():
            found = value.value
        case datetime():
            found = value.isoformat()
        case Mapping():
            found = {str(_plain(key)): _plain(item) for key, item in value.items()}
        case list() | tuple():
            found = [_plain(item) for item in value]
        case int() if abs(value) >= _SNOWFLAKE_FROM:
            found = str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            found = {
                one.name: _plain(getattr(value, one.name)) for one in fields(value) if one.compare
            }
        case _:
            found = value
    return found
