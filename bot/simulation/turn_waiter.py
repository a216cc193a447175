"""The wait for what the engine does with a turn, by its events."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from bot.domain.events import Event, ReplySent, Scored, TurnHelped, TurnWithheld
from bot.engine.engine import Engine
from bot.errors import FourRoomsError

LOOK_EVERY: Final = 5.0
"""Seconds after which a room that has not ended its turn is woken again, as by a bot's clock."""


class TurnLost(FourRoomsError):
    """A turn that did not come to its end in time."""

    public = "The Chatbot did not answer in time."


class TurnWaiter:
    """The wait for a room's turn to end, and for a turn's scores. Use it as a context."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._ended: dict[int, asyncio.Future[int]] = {}
        self._scored: dict[int, asyncio.Event] = {}

    def __enter__(self) -> TurnWaiter:
        self._engine.subscribe(self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.unsubscribe(self._hear)

    def next_turn(self, room_id: int) -> asyncio.Future[int]:
        """Return a future of the turn that the room ends next; ask before the message is said."""
        self._ended[room_id] = asyncio.get_running_loop().create_future()
        return self._ended[room_id]

    async def ended(self, room_id: int, turn: asyncio.Future[int], seconds: float) -> int:
        """Return the id of the turn that ended. Raises TurnLost after ``seconds``."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            await asyncio.wait({turn}, timeout=min(LOOK_EVERY, until - time.monotonic()))
            if turn.done():
                return turn.result()
            self._engine.wake(room_id)
        raise TurnLost(f"room {room_id}: no turn ended within {seconds:g} s")

    async def scored(self, turn_id: int, seconds: float) -> bool:
        """Return whether the Critic is done with a turn within ``seconds``."""
        event = self._scored.setdefault(turn_id, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return False
        return True

    def _hear(self, event: Event) -> None:
        if isinstance(event, Scored | TurnHelped):  # a fixed text has no scores
            self._scored.setdefault(event.turn_id, asyncio.Event()).set()
        if isinstance(event, ReplySent | TurnWithheld | TurnHelped):
            waiting = self._ended.pop(event.room_id, None)
            if waiting is not None and not waiting.done():
                waiting.set_result(event.turn_id)
