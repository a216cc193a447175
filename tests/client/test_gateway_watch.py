"""The connection to Discord, shard by shard."""

from __future__ import annotations

import math

from bot.client.bot import FourRoomsBot
from bot.client.gateway_watch import GatewayWatch
from bot.storage.stores.stores import Stores
from tests.cogs.conftest import Server, new_bot
from tests.world import Script


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def watch_of(bot: FourRoomsBot) -> tuple[GatewayWatch, Clock]:
    clock = Clock()
    return GatewayWatch(bot, clock), clock


async def test_until_all_shards_are_there_it_is_away(stores: Stores, script: Script) -> None:
    watch, clock = watch_of(new_bot(stores, script))
    clock.now += 7
    await watch.on_shard_ready(0)
    assert watch.seconds_away() == 7
    await watch.on_ready()
    assert watch.seconds_away() == 0


async def test_a_shard_that_is_lost_counts_from_the_first_time_until_it_is_back(
    stores: Stores, script: Script
) -> None:
    watch, clock = watch_of(new_bot(stores, script))
    await watch.on_ready()
    await watch.on_shard_disconnect(1)
    clock.now += 5
    await watch.on_shard_disconnect(1)
    await watch.on_shard_disconnect(2)
    clock.now += 5
    assert watch.seconds_away() == 10
    await watch.on_shard_resumed(1)
    assert watch.seconds_away() == 5
    await watch.on_shard_ready(2)
    assert watch.seconds_away() == 0


async def test_the_bots_own_events_reach_it(server: Server, script: Script) -> None:
    bot = new_bot(server.bot.stores, script)
    watch, _ = watch_of(bot)
    assert watch.seconds_away() == 0  # the clock stands still, and yet it is not there
    await server.env.restart_bot(bot)
    await server.env.settle()
    assert not watch._away
    assert bot.serving.is_set()
    bot.dispatch("shard_disconnect", 0)
    await server.env.settle()
    assert list(watch._away) == [0]


async def test_the_slowest_shard_tells_the_latency(stores: Stores, script: Script) -> None:
    class Bot(FourRoomsBot):
        known: list[tuple[int, float]] = []  # noqa: RUF012 - set by the test

        @property
        def latencies(self) -> list[tuple[int, float]]:
            return self.known

    bot = Bot.over(stores, new_bot(stores, script).engine.agents)
    watch = GatewayWatch(bot)
    assert watch.latency() is None
    bot.known = [(0, 0.05), (1, 0.2), (2, math.inf), (3, math.nan)]
    assert watch.latency() == 0.2
