"""The people who are typing, by place."""

from __future__ import annotations

import time
from typing import Final

from bot.sandbox.server.events import EventBus, MessageMade, ServerEvent, TypingBegan

SHOWN: Final = 10.0
"""Seconds that an indicator shows without being renewed."""


class TypingState:
    """The typing indicators that show now."""

    def __init__(self, event_bus: EventBus) -> None:
        self._until: dict[tuple[int, int], float] = {}
        event_bus.listen(self._note)

    def _note(self, event: ServerEvent) -> None:
        if isinstance(event, TypingBegan):
            self._until[event.channel_id, event.user_id] = time.monotonic() + SHOWN
        elif isinstance(event, MessageMade):
            self._until.pop((event.message.channel_id, event.message.author_id), None)

    def at(self, channel_id: int) -> tuple[int, ...]:
        """Return the ids of those who type in a channel."""
        now = time.monotonic()
        self._until = {key: until for key, until in self._until.items() if until > now}
        return tuple(user_id for place, user_id in self._until if place == channel_id)
