"""What the domain names and people read: said where it is shown, so in the catalogues."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

from pydantic import BaseModel

from bot.agents.alliance.scales import SCALES
from bot.domain import Agent, RoomSettings
from bot.domain.day_look import DayPattern
from bot.domain.findings import ALL_FINDINGS
from bot.domain.harms import HARMS
from bot.domain.limits import Measure, Scope
from bot.domain.permissions import REQUIRED_PERMISSIONS, ChannelPurpose
from bot.domain.ratings import Opinion, RatingKind
from bot.domain.scores import EMPATHETIC
from bot.domain.server_limits import ServerLimits
from bot.reports.critic_trust import NOT_TESTED
from bot.reports.session_notes import WORDED_IN_CODE
from bot.rooms.control.status import CHAT_ROOM, CONTROL_ROOM, THERAPY_ROOM
from bot.rooms.evaluation.headline import Headline
from bot.rooms.therapy.reply_checks import BLOCKING_DETAILS

LISTS: Final[tuple[type[StrEnum], ...]] = (
    *(Agent, DayPattern, Headline, Measure, Opinion, RatingKind, Scope),
)
"""Lists of which every value is shown."""
SETTINGS: Final[tuple[type[BaseModel], ...]] = (RoomSettings, ServerLimits)
"""Settings whose titles and descriptions a panel shows."""
NAMES: Final = (
    *(*HARMS, EMPATHETIC, *SCALES, NOT_TESTED, WORDED_IN_CODE),
    *(CHAT_ROOM, CONTROL_ROOM, THERAPY_ROOM, *BLOCKING_DETAILS),
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
