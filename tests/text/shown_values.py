"""What the domain names and people read: said where it is shown, so in the catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from pydantic import BaseModel

from bot.agents.alliance.scales import SCALES
from bot.domain import Agent, RoomSettings, TurnState
from bot.domain.day_look import DayPattern
from bot.domain.feedback import FeedbackKind
from bot.domain.findings import ALL_FINDINGS
from bot.domain.harms import HARMS
from bot.domain.limits import Measure, Scope
from bot.domain.moderation import ActKind
from bot.domain.permissions import (
    MISSING_RIGHT_BECAUSE,
    REQUIRED_PERMISSIONS,
    ChannelPurpose,
)
from bot.domain.ratings import Opinion, RatingKind
from bot.domain.scores import EMPATHETIC
from bot.domain.server_limits import ServerLimits
from bot.llm.protocol import CallOutcome
from bot.reports.critic_trust import NOT_TESTED
from bot.reports.session_notes import WORDED_IN_CODE
from bot.rooms.control.status import CHAT_ROOM, CONTROL_ROOM, THERAPY_ROOM
from bot.rooms.evaluation.headline import Headline
from bot.rooms.therapy.reply_checks import BLOCKING_DETAILS, ReplyFindingKind

LISTS: Final[tuple[type[StrEnum], ...]] = (
    *(ActKind, Agent, DayPattern, FeedbackKind, Headline, Measure, Opinion, RatingKind),
    *(ReplyFindingKind, Scope, TurnState),
)
"""Lists of which every value is shown."""
SETTINGS: Final[tuple[type[BaseModel], ...]] = (RoomSettings, ServerLimits)
"""Settings whose titles and descriptions a panel shows."""
NAMES: Final = (
    *(*HARMS, EMPATHETIC, *SCALES, NOT_TESTED, WORDED_IN_CODE),
    *(CHAT_ROOM, CONTROL_ROOM, THERAPY_ROOM, *BLOCKING_DETAILS, MISSING_RIGHT_BECAUSE),
    *("safe", "ethical", "good"),  # what a verdict is asked for, as its reason names it
    *("reply", "therapy thread", "private thread"),  # what Discord refused
    *(value for name, value in vars(CallOutcome).items() if name.isupper()),
    *(agent.value.capitalize() for agent in Agent),
)


def shown_values() -> Iterator[str]:
    """Return every such text; some more than once."""
    yield from NAMES
    for values in LISTS:
        yield from (member.value for member in values)
    yield from (purpose.value for purpose in ChannelPurpose)
    for kind in ALL_FINDINGS:
        yield from (kind.title, kind.why)
    for settings in SETTINGS:
        for field in settings.model_fields.values():
            yield from filter(None, (field.title, field.description))
    for rights in REQUIRED_PERMISSIONS.values():
        for right in rights:
            yield from (right.label, right.why)
