"""The run of the bot on PostgreSQL, where each shard is served under a lease.

All shards, those that SHARD_IDS names, or with SHARDS=auto a share of them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import structlog

from bot.app.app import App, open_app
from bot.app.app_metrics import serve_app_metrics
from bot.client.bot import FourRoomsBot
from bot.client.gc_tuning import freeze_gc
from bot.client.identify_pace import IdentifyPace
from bot.client.service_manager import STOPPING, ServiceManager
from bot.client.shard_bots import ShardBots, StayConnected
from bot.client.shard_keeper import HeldLease, ShardKeeper
from bot.client.shard_plans import OwnShards, ShardPlan, SharedShards, count_in_force
from bot.client.signals import stop_signals
from bot.errors import exit_status
from bot.settings import Settings
from bot.storage.migrations import migrate
from bot.storage.stores.shard_leases import ALL_SHARDS, LeaseTimes, ShardLeaseStore, ShardProcess
from bot.storage.stores.stores import Stores

log = structlog.get_logger(__name__)

TIMES: Final = LeaseTimes()
MOST_OF_A_NAME: Final = 200


async def run_with_leases(
    settings: Settings,
    url: str,
    shard_count: int | None,
    stay_connected: StayConnected,
    at_stop: Callable[[int], None],
) -> None:
    """Serve what this process has leases of, until SIGINT or SIGTERM.

    ``shard_count`` is what is set, else what Discord recommends: where others run with another
    number, theirs holds. ``at_stop`` is called when the stop begins, with the exit status that it
    has to come to.
    Raises SettingError where another process serves what this one was told to, and for what else
    an operator can mend.
    """
    me = ShardProcess(uuid.uuid4().hex, _own_name(), shard_count, settings.shards is not None)
    await migrate(url)
    async with ShardLeaseStore.open(url, me, TIMES) as store:
        plan: ShardPlan = OwnShards(frozenset(settings.shard_ids))
        if settings.shards is not None and shard_count is not None:
            if settings.shard_count is None:
                shard_count = count_in_force(await store.held(), shard_count)
                store.me = replace(me, shard_count=shard_count)
            plan = SharedShards(shard_count)
        keeper = ShardKeeper(store, plan)
        async with keeper.running(), open_app(settings, limits=settings.operator_limits()) as app:
            bots = ShardBots(keeper, _BotMaker(app, keeper, shard_count).make, stay_connected)
            freeze_gc()
            async with serve_app_metrics(app, lambda: (bot.engine for bot in bots.bots), bots):
                await _serve(keeper, bots, at_stop)


class _BotMaker:
    """The maker of bots over one database, one team of agents and one account of limits."""

    def __init__(self, app: App, keeper: ShardKeeper, shard_count: int | None) -> None:
        self._app = app
        self._keeper = keeper
        self._shard_count = shard_count
        self._pace = IdentifyPace(keeper.store)

    def make(self, lease: HeldLease) -> FourRoomsBot:
        """Make the bot that serves the shard of a lease, and writes as long as that holds."""
        app = self._app
        bot = FourRoomsBot.over(
            Stores.over(app.database.within(lease.fence), calls=app.stores.calls),
            app.agents,
            limits=app.limits,
            patience=app.settings.patience(),
            right=lease,
            pace=self._pace,
            shard_count=self._shard_count,
            shard_ids=() if lease.shard_id == ALL_SHARDS else (lease.shard_id,),
        )
        if lease.shard_id != ALL_SHARDS:
            bot.process_shards = lambda: self._keeper.shard_ids
        app.attend(bot.engine)
        return bot


async def _serve(keeper: ShardKeeper, bots: ShardBots, at_stop: Callable[[int], None]) -> None:
    """Serve until a signal comes, or a connection ends for good."""
    manager = ServiceManager.of_environment()
    serving = asyncio.Event()
    tasks: list[asyncio.Task[Any]] = []
    try:
        with stop_signals() as stop:
            await keeper.serve_by(bots)
            tasks.append(asyncio.create_task(_note_serving(bots, serving), name="serving"))
            tasks.append(asyncio.create_task(manager.report(serving), name="service manager"))
            tasks.append(stopping := asyncio.create_task(bots.end_or(stop), name="stop"))
            await asyncio.wait({stopping})
    finally:
        manager.notify(STOPPING)
        at_stop(exit_status(sys.exception() or bots.error))
        for task in tasks:
            task.cancel()
        await keeper.close()
    if bots.error is not None:
        raise bots.error


async def _note_serving(bots: ShardBots, serving: asyncio.Event) -> None:
    """Set ``serving`` once what was taken first is served; who has nothing to do stands by."""
    await bots.serving()
    serving.set()


def _own_name() -> str:
    return f"{socket.gethostname()[:MOST_OF_A_NAME]}, process {os.getpid()}"
