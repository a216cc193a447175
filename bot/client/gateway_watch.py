"""The connection to Discord, as those see it who want to know whether the bot is well."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from discord.ext import commands

_START: Final = -1
"""Stands for all shards until the first time that they are there."""


class GatewayWatch:
    """The watch over a bot's shards, by the events that the library sends of them."""

    def __init__(
        self, bot: commands.AutoShardedBot, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._bot = bot
        self._now = now
        self._away = {_START: now()}
        """Shards that deliver nothing, each with the time since when."""
        for listener in (
            self.on_ready,
            self.on_shard_ready,
            self.on_shard_resumed,
            self.on_shard_disconnect,
        ):
            bot.add_listener(listener)

    async def on_ready(self) -> None:
        """Note that all shards are there."""
        self._away.pop(_START, None)

    async def on_shard_ready(self, shard_id: int) -> None:
        """Note a new connection."""
        self._away.pop(shard_id, None)

    async def on_shard_resumed(self, shard_id: int) -> None:
        """Note that an old connection goes on."""
        self._away.pop(shard_id, None)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        """Note the loss of a connection; of one that fails again, the first time counts."""
        self._away.setdefault(shard_id, self._now())

    def seconds_away(self) -> float:
        """Return for how long Discord has delivered no events of some shard; 0 for none."""
        return self._now() - min(self._away.values()) if self._away else 0.0

    def latency(self) -> float | None:
        """Return the seconds of a heartbeat's way of the slowest shard; None if not known."""
        latencies = [latency for _, latency in self._bot.latencies]
        return max(filter(math.isfinite, latencies), default=None)

    def shards(self) -> Sequence[int]:
        """Return the bot's shards."""
        return self._bot.shard_ids or range(self._bot.shard_count or 1)
