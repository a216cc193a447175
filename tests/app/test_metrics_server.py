"""The metrics port: figures, health, and the addresses at which they are served."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app.health import GATEWAY_SECONDS, Health
from bot.app.loop_lag import LoopLag
from bot.app.metrics_server import serve_metrics
from bot.errors import SettingError
from bot.metrics.metrics import Metrics
from tests.app.test_health import Connection, nothing_waits, well
from tests.metrics.test_metrics import key, parse
from tests.world import LOBBY, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World(tmp_path, rooms=(LOBBY, 11)).open()
    yield opened
    await opened.close()


@pytest.fixture
async def metrics(world: World) -> AsyncIterator[Metrics]:
    counting = Metrics(world.stores)
    yield counting
    await counting.close()


@pytest.fixture
def connection() -> Connection:
    return Connection()


@pytest.fixture
def health(connection: Connection) -> Health:
    return Health(connection, LoopLag(), well, nothing_waits)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_prometheus_reads_them_over_http(metrics: Metrics, health: Health) -> None:
    port = free_port()
    async with serve_metrics(metrics, health, port), aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            figures = parse(await answer.text())
        async with session.get(f"http://127.0.0.1:{port}/") as answer:
            assert answer.status == 404
    assert figures[key("rooms", state="open")] == 2
    assert figures["process_resident_memory_bytes", frozenset()] > 1_000_000


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True


async def test_they_are_served_to_this_machine_alone_unless_told_otherwise(
    metrics: Metrics, health: Health
) -> None:
    port = free_port()
    async with serve_metrics(metrics, health, port):
        assert answers("127.0.0.1", port)
        assert not answers("127.0.0.2", port)  # one more address of this machine, on Linux
    async with serve_metrics(metrics, health, port, "0.0.0.0"):  # noqa: S104
        assert answers("127.0.0.1", port)
        assert answers("127.0.0.2", port) or sys.platform != "linux"


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
async def test_an_address_that_is_not_this_machines_is_named(
    metrics: Metrics, health: Health, host: str
) -> None:
    with pytest.raises(SettingError) as refused:
        async with serve_metrics(metrics, health, free_port(), host):
            raise AssertionError("it was served")
    assert f"METRICS_HOST: {host}" in refused.value.detail
    assert "0.0.0.0" in refused.value.detail  # noqa: S104


async def test_a_port_in_use_is_named_with_what_to_do(metrics: Metrics, health: Health) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingError) as refused:
            async with serve_metrics(metrics, health, port):
                raise AssertionError("it was served")
    assert f"METRICS_PORT: port {port}" in refused.value.detail
    assert "free port" in refused.value.detail


async def ask(port: int, path: str) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as answer,
    ):
        return answer.status, json.loads(await answer.text())


async def test_health_is_green_or_red_with_what_is_wrong(
    metrics: Metrics, health: Health, connection: Connection
) -> None:
    port = free_port()
    async with serve_metrics(metrics, health, port):
        assert await ask(port, "/healthz") == (200, {"ok": True, "problems": {}})
        assert await ask(port, "/readyz") == (200, {"ok": True, "problems": {}})
        connection.away = 20.0
        assert (await ask(port, "/healthz"))[0] == 200
        told = {"ok": False, "problems": {"gateway": "not ready for 20 s"}}
        assert await ask(port, "/readyz") == (503, told)
        connection.away = GATEWAY_SECONDS + 1
        assert (await ask(port, "/healthz"))[0] == 503
