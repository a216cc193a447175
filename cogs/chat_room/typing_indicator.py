"""The typing indicator: all that a Chat Room sees of a turn before its reply."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from bot.domain.events import (
    Event,
    ReplyReady,
    ReplySent,
    TurnBegan,
    TurnHeld,
    TurnHelped,
    TurnWithheld,
)
from cogs.shared.delivery import DISCORD_ERRORS

log = structlog.get_logger(__name__)

TYPING_SECONDS: Final = 8.0
"""How often typing is shown anew: Discord takes it away after 10 seconds."""


class TypingIndicator:
    """The typing shown in a room while a turn is under way there: a task a turn, no longer."""

    def __init__(self, show: Callable[[int], Awaitable[None]]) -> None:
        self._show = show
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def hear(self, event: Event) -> None:
        """Start and end with the turn."""
        # It ends a moment before the reply is sent: an indicator that comes in after the reply
        # would stay there for 10 seconds.
        if isinstance(event, TurnBegan):
            self._start(event.room_id)
        elif isinstance(event, ReplyReady | ReplySent | TurnWithheld | TurnHelped | TurnHeld):
            self._stop(event.room_id)

    def close(self) -> None:
        """End all of them."""
        for room_id in tuple(self._tasks):
            self._stop(room_id)

    def _start(self, room_id: int) -> None:
        self._stop(room_id)
        self._tasks[room_id] = asyncio.create_task(self._keep(room_id), name=f"typing {room_id}")

    def _stop(self, room_id: int) -> None:
        task = self._tasks.pop(room_id, None)
        if task:
            task.cancel()

    async def _keep(self, room_id: int) -> None:
        try:
            while True:
                await self._show(room_id)
                await asyncio.sleep(TYPING_SECONDS)
        except DISCORD_ERRORS as error:
            # Nothing is lost by it, and the reply will meet the same trouble and tell of it.
            log.debug("typing not shown", room_id=room_id, error=error)
