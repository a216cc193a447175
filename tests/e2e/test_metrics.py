"""METRICS_PORT, as Prometheus reads it from the running bot."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import Sandbox
from tests.e2e.mind import Mind
from tests.e2e.process import House
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import OpenAIServer


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def become_ready(session: aiohttp.ClientSession) -> None:
    """Returns once the bot says that it serves its rooms; some seconds after the first event."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with session.get("/readyz") as answer:
                if answer.status == 200:
                    return
                assert list((await answer.json())["problems"]) == ["gateway"]


async def test_figures_are_served_while_the_bot_runs(tmp_path: Path, mind: Mind) -> None:
    port = free_port()
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(mind.answer)
        house = House(tmp_path, sandbox, server, {"METRICS_PORT": str(port)})
        try:
            await house.start()
            await house.set_up()
            said = await house.ana.say("#lobby", "Hello?")
            await house.answer_to(said)
            await house.card_after(None)
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
                await become_ready(session)
                async with session.get("/healthz") as answer:
                    assert (answer.status, (await answer.json())["problems"]) == (200, {})
                async with session.get("/metrics") as answer:
                    page = await answer.text()
            with pytest.raises(OSError):  # noqa: PT011 - refused, or no such address
                socket.create_connection(("127.0.0.2", port), timeout=5)
        finally:
            await house.stop()
    assert 'four_rooms_turns_total{outcome="sent"} 1.0' in page
    assert 'agent="chatbot"' in page
    assert "four_rooms_gateway_ready 1.0" in page
    assert 'four_rooms_room_seconds_count{room="therapy"} 1.0' in page
    assert 'four_rooms_database_seconds_count{operation="write"}' in page
    assert "Hello" not in page


async def test_systemd_hears_of_the_start_of_life_and_of_the_stop(
    tmp_path: Path, mind: Mind
) -> None:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        extra = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000"}
        async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
            server.always(mind.answer)
            house = House(tmp_path, sandbox, server, extra)
            loop = asyncio.get_running_loop()
            told: list[str] = []
            try:
                await house.start()
                async with asyncio.timeout(PATIENCE):
                    while told.count("WATCHDOG=1") < 3:
                        told.append((await loop.sock_recv(systemd, 4096)).decode())
            finally:
                assert await house.stop() == 0
            async with asyncio.timeout(PATIENCE):
                while told[-1] != "STOPPING=1":
                    told.append((await loop.sock_recv(systemd, 4096)).decode())
    assert told[0] == "READY=1"
    assert told.count("READY=1") == 1


async def test_a_second_bot_on_the_same_database_ends_and_says_why(
    tmp_path: Path, mind: Mind
) -> None:
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(mind.answer)
        first = House(tmp_path, sandbox, server)
        second = House(tmp_path, sandbox, server)
        try:
            await first.start()
            process = first.process
            assert process is not None
            assert await second.run_to_its_end() == 2
            assert f"another bot (process {process.pid}) already serves" in first.log
            await first.kill()
            await second.start()
        finally:
            await first.stop()
            await second.stop()
