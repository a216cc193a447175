"""METRICS_PORT, as Prometheus reads it from the running bot."""

from __future__ import annotations

import socket
from pathlib import Path

import aiohttp
import pytest

from bot.sandbox import Sandbox
from tests.e2e.mind import Mind
from tests.e2e.process import House
from tests.stand_ins.openai_server import OpenAIServer


async def test_figures_are_served_while_the_bot_runs(tmp_path: Path, mind: Mind) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with OpenAIServer(strict=False) as server, Sandbox() as sandbox:
        server.always(mind.answer)
        house = House(tmp_path, sandbox, server, {"METRICS_PORT": str(port)})
        try:
            await house.start()
            await house.set_up()
            said = await house.ana.say("#lobby", "Hello?")
            await house.answer_to(said)
            await house.card_after(None)
            async with (
                aiohttp.ClientSession() as session,
                session.get(f"http://127.0.0.1:{port}/metrics") as answer,
            ):
                page = await answer.text()
            with pytest.raises(OSError):  # noqa: PT011 - refused, or no such address
                socket.create_connection(("127.0.0.2", port), timeout=5)
        finally:
            await house.stop()
    assert 'four_rooms_turns_total{outcome="sent"} 1.0' in page
    assert 'agent="chatbot"' in page
    assert "Hello" not in page
