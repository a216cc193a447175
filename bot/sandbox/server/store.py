"""Simcord's store as a server needs it: the machine's clock, rising ids, events, no leak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, SupportsIndex, TypeVar

import discord
from simcord._clock import Clock
from simcord.backend import Backend

from bot.sandbox.server.cdn import FileStore
from bot.sandbox.server.events import EventBus, PlacesChanged, TypingBegan
from bot.sandbox.server.payloads import correct_payload

T = TypeVar("T")

_EPOCH_MS = 1_420_070_400_000
"""Discord's epoch, the first second of 2015, in Unix milliseconds."""

_PLACE_EVENTS = (
    "CHANNEL_",
    "THREAD_",
    "GUILD_CREATE",
    "GUILD_UPDATE",
    "GUILD_ROLE_",
    "GUILD_MEMBER_",
)


class WallClock(Clock):
    """The machine's time, plus what a test has jumped ahead with ``advance``."""

    def now(self) -> datetime:
        """Return the present, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.elapsed)


class _EmptyList(list[T]):
    """A list that stays empty: simcord notes every event for ever, a server must not."""

    def append(self, item: T, /) -> None:
        del item

    def insert(self, index: SupportsIndex, item: T, /) -> None:
        del index, item


class Store(Backend):
    """The base under the corrections; `SandboxBackend` is the whole."""

    def __init__(self) -> None:
        self.last_id = 0
        """The highest id given out; a loaded world sets it, so that no id comes twice."""
        self.event_bus = EventBus()
        self.files = FileStore()
        self.approved = discord.Intents.all()
        """Intents that the application's (simulated) portal page has switched on."""
        self.gateway_url = "ws://127.0.0.1:0/gateway"
        """The address for sessions; known once the server listens."""
        self._hushed = False
        super().__init__(clock=WallClock())
        self.cdn = self.files
        self.transcript = _EmptyList()
        self.http_requests = _EmptyList()

    def snowflake(self) -> int:
        """Return a new id: it tells the time, and is higher than every id before it."""
        milliseconds = int(self.clock.now().timestamp() * 1000) - _EPOCH_MS
        self.last_id = max(milliseconds << 22, self.last_id + 1)
        return self.last_id

    def aim_at_shard(self, shard_id: int, shard_count: int) -> None:
        """Have the next id belong to a shard, as that of a guild which is about to be made."""
        milliseconds = max(self.last_id >> 22, int(self.clock.now().timestamp() * 1000) - _EPOCH_MS)
        milliseconds += 50  # not passed by before the id is given out
        milliseconds += (shard_id - milliseconds) % shard_count
        self.last_id = (milliseconds << 22) - 1

    @contextmanager
    def hushed(self) -> Iterator[None]:
        """Announce nothing inside: for a step of simcord that we announce ourselves."""
        before, self._hushed = self._hushed, True
        try:
            yield
        finally:
            self._hushed = before

    def emit(self, event: str, payload: Mapping[str, Any]) -> None:
        """Announce an event to gateway sessions, as Discord would word it, and on the event bus."""
        if self._hushed:
            return
        corrected = correct_payload(self, event, payload)
        for listener in tuple(self.subscribers):
            listener(event, corrected)
        if event == "TYPING_START":
            self.event_bus.publish(TypingBegan(int(payload["channel_id"]), int(payload["user_id"])))
        elif event.startswith(_PLACE_EVENTS):
            self.event_bus.publish(PlacesChanged())
