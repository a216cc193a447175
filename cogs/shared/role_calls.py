"""The role that a room calls: who is mentioned for what, and when nobody is."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import discord

from bot.client.bot import FourRoomsBot
from bot.domain import Room
from bot.domain.calls import CallCause

SECONDS_BETWEEN: Final = 600.0
"""Least time between two calls for one cause that can come in a flood, such as a model's outage."""
NOBODY_MENTIONED: Final = discord.AllowedMentions.none()
_FLOODS: Final = frozenset({CallCause.FAILURE, CallCause.ALERT})


@dataclass(frozen=True, slots=True)
class Mention:
    """A mention as it stands in a message, and what Discord may make of it."""

    text: str = ""
    allowed: discord.AllowedMentions = NOBODY_MENTIONED


class RoleCalls:
    """The calls of all rooms: only the role that a server chose can ever be mentioned."""

    def __init__(
        self,
        _: FourRoomsBot,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._clock = clock
        self._called: dict[tuple[int, CallCause], float] = {}

    def role(self, room: Room, cause: CallCause) -> Mention:
        """Return the mention of the room's role for that cause; nothing where it is not called."""
        role_id = room.settings.call_role_id
        silent = room.simulated or room.settings.is_quiet(self._now())
        if role_id is None or silent or not room.settings.calls_for(cause):
            return Mention()
        if cause in _FLOODS and not self._is_due(room.id, cause):
            return Mention()
        return Mention(f"<@&{role_id}> ", only(roles=(role_id,)))

    def person(self, room: Room, person_id: int) -> Mention:
        """Return the mention of one person, such as who sits in the Therapist's seat."""
        if room.simulated or room.settings.is_quiet(self._now()):
            return Mention()
        return Mention(f"<@{person_id}> ", only(users=(person_id,)))

    def note(self, room: Room, cause: CallCause, mention: Mention) -> None:
        """Note that a post with that mention is out."""
        if mention.text and cause in _FLOODS:
            self._called[room.id, cause] = self._clock()

    def _is_due(self, room_id: int, cause: CallCause) -> bool:
        last = self._called.get((room_id, cause))
        return last is None or self._clock() - last >= SECONDS_BETWEEN


def only(*, roles: tuple[int, ...] = (), users: tuple[int, ...] = ()) -> discord.AllowedMentions:
    """Return a permission to mention these alone."""
    return discord.AllowedMentions(
        everyone=False,
        users=[discord.Object(user_id) for user_id in users],
        roles=[discord.Object(role_id) for role_id in roles],
        replied_user=False,
    )
