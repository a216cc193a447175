"""What a bot is given that serves one shard of several: its lease, and what all of them share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bot.app.app import App
from bot.client.leased_run import _BotMaker, _serve
from bot.client.shard_bots import ShardBots
from bot.client.shard_keeper import HeldLease, ShardKeeper
from bot.domain.events import TurnBegan
from bot.domain.limits import OperatorLimits
from bot.engine.team import Agents
from bot.errors import DeliveryError, FourRoomsError, SettingError
from bot.prompting.templates import Prompts
from bot.rooms.limits.usage_limits import UsageLimits
from bot.settings import Settings
from bot.storage.database.database import Database
from bot.storage.database.fence import Fence, LeaseLost
from bot.storage.database.shard_tables import shard_leases
from bot.storage.migrations import migrate
from bot.storage.stores.shard_leases import ALL_SHARDS
from bot.storage.stores.stores import Stores
from tests.storage.samples import ROOM
from tests.world import Moments, Script, ScriptedChatbot, ScriptedCritic, ScriptedTherapist

TOKEN = 7
COUNT = 4


class Leases:
    """Where a process waits for its turn to begin a session."""

    def __init__(self) -> None:
        self.waited: list[tuple[int, int]] = []

    async def wait_to_identify(self, shard_id: int, at_once: int, _: float) -> None:
        self.waited.append((shard_id, at_once))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """One in which the shards 2 and 3 have leases of this process."""
    url = f"sqlite:///{tmp_path / 'four-rooms.db'}"
    await migrate(url)
    opened = await Database.open(url)
    until = datetime.now(UTC) + timedelta(hours=1)
    async with opened.write() as connection:
        for shard_id in (2, 3):
            row = {"shard_id": shard_id, "token": TOKEN, "process_id": "me", "ends_at": until}
            await connection.execute(shard_leases.insert(), row)
    yield opened
    await opened.close()


@pytest.fixture
async def app(database: Database) -> AsyncIterator[App]:
    script, stores = Script(Moments()), Stores.over(database)
    settings = Settings(answer_within_minutes=90)
    team = Agents(ScriptedChatbot(script), ScriptedTherapist(script), ScriptedCritic(script))
    warming = asyncio.create_task(asyncio.Event().wait(), name="warm up")
    limits = UsageLimits(stores, OperatorLimits())
    yield App(
        settings, Prompts.load(), database, stores, team, "scripted", True, limits,
        warming=cast("asyncio.Task[None]", warming),
    )  # fmt: skip
    warming.cancel()


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def maker(app: App, leases: Leases) -> _BotMaker:
    keeper: Any = SimpleNamespace(store=leases, shard_ids=(2, 3))
    return _BotMaker(app, cast("ShardKeeper", keeper), COUNT)


def lease_of(shard_id: int) -> HeldLease:
    store: Any = None  # asked only by who has to know for sure
    return HeldLease(Fence(shard_id, TOKEN), 10.0, store, lambda: 0.0)


async def test_a_bot_serves_the_shard_of_its_lease_among_those_of_the_process(
    maker: _BotMaker,
) -> None:
    bot = maker.make(lease_of(2))
    assert (bot.shard_ids, bot.shard_count) == ([2], COUNT)
    assert tuple(bot.process_shards()) == (2, 3), "as /status tells"


async def test_a_lease_of_all_shards_leaves_them_to_discord(maker: _BotMaker) -> None:
    bot = maker.make(lease_of(ALL_SHARDS))
    assert bot.shard_ids is None
    assert tuple(bot.process_shards()) == ()


async def test_a_bot_writes_and_speaks_as_long_as_its_own_lease_holds(
    maker: _BotMaker, database: Database
) -> None:
    second, third = lease_of(2), lease_of(3)
    bot, other = maker.make(second), maker.make(third)
    await bot.stores.rooms.bind(ROOM)
    async with database.write() as connection:
        taken = shard_leases.update().where(shard_leases.c.shard_id == 2).values(token=TOKEN + 1)
        await connection.execute(taken)
    with pytest.raises(LeaseLost):
        await bot.stores.rooms.bind(ROOM)
    await other.stores.rooms.bind(ROOM)
    second.end()
    with pytest.raises(DeliveryError):
        bot.ports.right.require()
    other.ports.right.require()


async def test_all_bots_share_the_agents_the_account_of_calls_and_the_limits(
    maker: _BotMaker, app: App
) -> None:
    for bot in map(maker.make, (lease_of(2), lease_of(3))):
        assert bot.engine.agents is app.agents
        assert bot.stores.calls is app.stores.calls, "where the models' calls are counted"
        assert bot.engine._admission._limits is app.limits
        patience = bot.engine._waiting.patience
        assert patience is not None
        assert patience.answer_within == app.settings.patience().answer == timedelta(minutes=90)


async def test_all_bots_begin_their_sessions_at_one_pace(
    maker: _BotMaker, leases: Leases, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def limits(_: object) -> SimpleNamespace:
        return SimpleNamespace(max_concurrency=1)

    monkeypatch.setattr("discord.AutoShardedClient.fetch_session_start_limits", limits)
    for shard_id in (2, 3):
        await maker.make(lease_of(shard_id)).before_identify_hook(shard_id, initial=True)
    assert leases.waited == [(2, 1), (3, 1)]


async def test_a_turn_of_any_bot_ends_the_warm_up(maker: _BotMaker, app: App) -> None:
    maker.make(lease_of(2))
    bot = maker.make(lease_of(3))
    assert app.warming is not None
    bot.engine.emit(TurnBegan(room_id=ROOM.id, turn_id=1))
    with pytest.raises(asyncio.CancelledError):
        await app.warming


class Serving:
    """A bot that is ready at once, and its keeper, which has one lease."""

    def __init__(self, refused: Exception | None) -> None:
        self.serving = asyncio.Event()
        self.serving.set()
        self._refused = refused

    def add_listener(self, _: object) -> None:
        """Nothing is ever told."""

    async def prepare(self) -> None:
        """Nothing is needed."""

    async def serve_by(self, bots: ShardBots) -> None:
        if self._refused is not None:
            raise self._refused
        bots.open(lease_of(2))

    async def close(self) -> None:
        """Nothing is held."""


async def see_stop(end: Exception | None, refused: Exception | None = None) -> list[int]:
    """Return the statuses that a stop comes to where a connection ends, or never begins."""
    both: Any = Serving(refused)
    statuses: list[int] = []

    async def stay_connected(_: object) -> None:
        if end is not None:
            raise end

    bots = ShardBots(both, lambda _: both, stay_connected)
    with suppress(FourRoomsError):
        await _serve(both, bots, statuses.append)
    return statuses


async def test_a_stop_that_hangs_ends_with_the_status_of_what_it_is_for() -> None:
    wrong, gone = SettingError("a wrong one"), FourRoomsError("Discord is gone")
    assert await see_stop(wrong) == [2], "systemd does not start it again"
    assert await see_stop(gone) == [1], "systemd does"
    assert await see_stop(None, refused=wrong) == [2]
    assert await see_stop(None) == [0]
