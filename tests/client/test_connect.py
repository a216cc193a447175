"""What is said where Discord cannot be had."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from structlog.testing import capture_logs

from bot.client import connect
from bot.client.connect import serve


class Offline:
    """A bot on a machine without a network, until it has asked once."""

    class Http:
        connector: Any = None

        async def close(self) -> None:
            """Nothing is open."""

    def __init__(self) -> None:
        self.http = self.Http()
        self.logged_in = False
        self.serving = asyncio.Event()
        self.tries = 0

    async def prepare(self) -> None:
        """Nothing is needed."""

    def is_closed(self) -> bool:
        return False

    async def login(self, _: str) -> None:
        self.tries += 1
        if self.tries == 1:
            key = ConnectionKey("discord.com", 443, True, True, None, None, None)
            raise aiohttp.ClientConnectorDNSError(key, OSError("no such name"))

    async def connect(self) -> None:
        """End at once, as if it had been asked to."""

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_machine_that_is_not_online_is_asked_whether_it_is_and_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connect, "FIRST_WAIT", 0.01)
    bot: Any = Offline()
    with capture_logs() as logs:
        await serve(bot, "token")
    assert bot.tries == 2
    (told,) = [line for line in logs if line["event"] == "discord not reached"]
    assert told["hint"] == "Is the machine online?"
