"""The bots of a process that holds leases: one for each, which lives as long as the lease.

So a shard comes and goes without a word to the others, and nothing that was in memory of its rooms
outlives the right to serve them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.client.bot import FourRoomsBot
from bot.client.gateway_watch import GatewayWatch
from bot.client.shard_keeper import HeldLease, ShardKeeper

StayConnected = Callable[[FourRoomsBot], Awaitable[None]]
"""Connects a bot, and returns or raises when its connection has ended for good."""


@dataclass(frozen=True, slots=True)
class _Served:
    bot: FourRoomsBot
    watch: GatewayWatch
    connection: asyncio.Task[None]


class ShardBots:
    """The bots that serve what a keeper holds; as a `ShardUsers`, and as a `Gateway`."""

    def __init__(
        self,
        keeper: ShardKeeper,
        make_bot: Callable[[HeldLease], FourRoomsBot],
        stay_connected: StayConnected,
    ) -> None:
        self._keeper = keeper
        self._make_bot = make_bot
        self._stay_connected = stay_connected
        self._served: dict[int, _Served] = {}
        self._ended = asyncio.Event()
        self.error: BaseException | None = None
        """Why the first connection that has ended by itself did so."""

    @property
    def bots(self) -> list[FourRoomsBot]:
        """The bots that there are now."""
        return [served.bot for served in self._served.values()]

    def open(self, lease: HeldLease) -> None:
        """Begin to serve a shard."""
        bot = self._make_bot(lease)
        connection = asyncio.create_task(self._connect(bot), name=f"gateway {lease.shard_id}")
        connection.add_done_callback(self._note_end)
        self._served[lease.shard_id] = _Served(bot, GatewayWatch(bot), connection)

    async def close(self, lease: HeldLease) -> None:
        """End to serve a shard: replies on their way get a few seconds."""
        served = self._served.get(lease.shard_id)
        if served is None:
            return
        served.connection.remove_done_callback(self._note_end)
        try:
            await served.bot.close()
        finally:
            served.connection.cancel()
            await asyncio.wait({served.connection}, timeout=1.0)
            if served.connection.done() and not served.connection.cancelled():
                served.connection.exception()  # looked at: nobody asks any more
            del self._served[lease.shard_id]

    async def end_or(self, stop: asyncio.Event) -> None:
        """Return once a connection has ended by itself, or ``stop`` is set."""
        waits = [asyncio.create_task(event.wait()) for event in (self._ended, stop)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def serving(self) -> None:
        """Return once each bot that there is now serves its rooms."""
        for bot in self.bots:
            await bot.serving.wait()

    def seconds_away(self) -> float:
        """Return for how long some shard has delivered no events, or none was there to."""
        away = (served.watch.seconds_away() for served in self._served.values())
        return max(away, default=self._keeper.seconds_lacking())

    def latency(self) -> float | None:
        """Return the seconds of a heartbeat's way of the slowest shard; None if not known."""
        latencies = (served.watch.latency() for served in self._served.values())
        return max((one for one in latencies if one is not None), default=None)

    def shards(self) -> list[int]:
        """Return the shards that are connected or about to be."""
        counts = (bot.shard_ids or range(bot.shard_count or 1) for bot in self.bots)
        return sorted({shard for ids in counts for shard in ids})

    async def _connect(self, bot: FourRoomsBot) -> None:
        await bot.prepare()
        await self._stay_connected(bot)

    def _note_end(self, connection: asyncio.Task[None]) -> None:
        if not connection.cancelled():
            self.error = self.error or connection.exception()
            self._ended.set()
