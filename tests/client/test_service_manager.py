"""What a systemd that started the bot is told, over a real socket."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.client.service_manager import NOBODY, READY, ServiceManager


@pytest.fixture(params=["file", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """An address, and the socket behind it: a file's name, or one that only the system knows."""
    name = str(tmp_path / "notify") if request.param == "file" else f"@four-rooms-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(name.replace("@", "\0", 1))
        listening.setblocking(False)
        yield name, listening


async def heard(listening: socket.socket) -> str:
    async with asyncio.timeout(20):
        return (await asyncio.get_running_loop().sock_recv(listening, 4096)).decode()


async def test_it_is_told_of_the_start_and_then_of_life(systemd: tuple[str, socket.socket]) -> None:
    address, listening = systemd
    environment = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "20000"}
    manager, serving = ServiceManager.of_environment(environment), asyncio.Event()
    reporting = asyncio.create_task(manager.report(serving))
    await asyncio.sleep(0)
    with pytest.raises(BlockingIOError):
        listening.recv(4096)
    serving.set()
    assert [await heard(listening) for _ in range(4)] == [READY, *["WATCHDOG=1"] * 3]
    reporting.cancel()
    with suppress(asyncio.CancelledError):
        await reporting


@pytest.mark.parametrize(
    "watchdog",
    [{}, {"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}],
)
async def test_no_sign_of_life_is_given_that_nobody_wants(
    tmp_path: Path, watchdog: dict[str, str]
) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        environment = {"NOTIFY_SOCKET": str(tmp_path / "notify"), **watchdog}
        serving = asyncio.Event()
        serving.set()
        async with asyncio.timeout(20):
            await ServiceManager.of_environment(environment).report(serving)
        assert listening.recv(4096).decode() == READY
        with pytest.raises(BlockingIOError):
            listening.recv(4096)


def test_where_nobody_started_it_nobody_is_told() -> None:
    with capture_logs() as logs:
        NOBODY.notify(READY)
        ServiceManager.of_environment({}).notify(READY)
    assert logs == []


def test_a_manager_that_is_gone_is_logged_and_stops_nothing(tmp_path: Path) -> None:
    with capture_logs() as logs:
        ServiceManager(str(tmp_path / "gone")).notify(READY)
        ServiceManager("n" * 200).notify(READY)
    assert [line["event"] for line in logs] == ["service manager not told"] * 2
