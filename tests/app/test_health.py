"""Health: what is well, and each thing that may be wrong, by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import health as module
from bot.app.health import GATEWAY_SECONDS, OUTBOX_SECONDS, Health, while_running
from bot.app.loop_lag import LoopLag
from bot.domain import NewPost, PostKind, PostTo
from bot.errors import DeliveryError, DeliveryHeld
from bot.storage.database.tables import outbox
from bot.storage.database.troubles import DatabaseUnavailable
from tests.world import LOBBY, MAX, World


class Connection:
    """A connection to Discord that is there, unless a test takes it away."""

    away = 0.0
    served: Sequence[int] = (0,)

    def seconds_away(self) -> float:
        return self.away

    def latency(self) -> float | None:
        return 0.05

    def shards(self) -> Sequence[int]:
        return self.served


async def well() -> None:
    """Nothing is wrong."""


async def nothing_waits() -> float:
    return 0.0


async def test_all_is_well() -> None:
    health = Health(Connection(), LoopLag(), well, nothing_waits)
    assert await health.problems() == await health.unready() == {}
    assert health.gateway_ready()
    assert health.gateway_latency() == 0.05
    assert health.loop_lag() == 0


async def test_a_connection_that_is_away_is_unready_at_once_and_unwell_in_time() -> None:
    connection = Connection()
    health = Health(connection, LoopLag(), well, nothing_waits)
    connection.away = GATEWAY_SECONDS - 1
    assert await health.problems() == {}
    assert list(await health.unready()) == ["gateway"]
    assert not health.gateway_ready()
    connection.served = ()
    assert list(await health.unready()) == ["gateway", "shards"], "it has none, and should"
    connection.away = GATEWAY_SECONDS + 1
    assert list(await health.problems()) == ["gateway"]


async def test_a_database_that_does_not_answer_is_told_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    async def gone() -> None:
        raise DatabaseUnavailable("disk full")

    monkeypatch.setattr(module, "DATABASE_SECONDS", 0.01)
    for ping in (never, gone):
        async with asyncio.timeout(20):
            problems = await Health(Connection(), LoopLag(), ping, nothing_waits).problems()
        assert list(problems) == ["database"]


async def test_a_loop_that_was_late_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LAG_SECONDS", 0.1)
    lag = LoopLag()
    health = Health(Connection(), lag, well, nothing_waits)
    with lag.watch():
        time.sleep(0.7)  # noqa: ASYNC251 - a loop that hangs is what is meant
        problems = await health.problems()
    assert list(problems) == ["event loop"]


# ── the outbox ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World(tmp_path, rooms=(LOBBY, 11)).open()
    yield opened
    await opened.close()


def health_of(world: World, *own: int) -> Health:
    async def overdue() -> float:
        return await world.engine.outbox_relay.overdue_seconds(own.__contains__)

    return Health(Connection(), LoopLag(), world.database.ping, overdue)


async def age_posts(world: World, seconds: float) -> None:
    since = datetime.now(UTC) - timedelta(seconds=seconds)
    async with world.database.write() as connection:
        await connection.execute(outbox.update().values(created_at=since))


async def test_a_post_that_nobody_takes_out_is_told_by_who_serves_its_room(world: World) -> None:
    await world.stores.outbox.add([NewPost(11, PostTo.MODERATORS, PostKind.NOTICE, text="Hi")])
    assert await health_of(world, LOBBY, 11).problems() == {}
    await age_posts(world, OUTBOX_SECONDS + 10)
    assert list(await health_of(world, LOBBY, 11).problems()) == ["outbox"]
    assert await health_of(world, LOBBY).problems() == {}


@pytest.mark.parametrize("mishap", [DeliveryError("403"), DeliveryHeld("public")])
async def test_a_place_that_refuses_posts_makes_nobody_unwell(
    world: World, mishap: DeliveryError
) -> None:
    world.post_mishaps.append(mishap)
    await world.control.pauses.pause(LOBBY, MAX)
    await world.settle()
    await age_posts(world, OUTBOX_SECONDS + 10)
    assert await world.stores.outbox.waiting(LOBBY) == 1
    assert await health_of(world, LOBBY).problems() == {}


async def test_right_after_a_start_nothing_is_overdue_that_waited_for_it() -> None:
    clock = [1000.0]

    async def waited() -> float:
        return OUTBOX_SECONDS + 500

    overdue = while_running(waited, lambda: clock[0])
    assert await overdue() == 0
    clock[0] += OUTBOX_SECONDS + 1
    assert await overdue() > OUTBOX_SECONDS
