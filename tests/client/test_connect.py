"""What is said where Discord cannot be had."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest
from aiohttp.client_reqrep import ConnectionKey
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.client import connect, leased_run
from bot.client.connect import run_bot, serve
from bot.client.shard_bots import StayConnected
from bot.errors import FourRoomsError, exit_status
from bot.settings import Settings


class Offline:
    """A bot on a machine without a network, until it has asked once."""

    class Http:
        connector: Any = None

        async def close(self) -> None:
            """Nothing is open."""

    def __init__(self) -> None:
        self.http = self.Http()
        self.shard_count: int | None = None
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


class WantsMoreShards(Offline):
    """A bot that Discord closes, since it is in more servers than its shards may serve."""

    async def login(self, _: str) -> None:
        """Discord takes the token."""

    async def connect(self) -> None:
        socket = cast("Any", SimpleNamespace(close_code=4011))
        raise discord.ConnectionClosed(socket, shard_id=0)


@pytest.mark.parametrize(
    ("shards", "shard_count", "counted", "in_force", "status"),
    [
        ("auto", None, 4, 4, 1),
        ("auto", None, 4, 3, 2),  # as others do who run: asking Discord would change nothing
        ("auto", 2, 2, 2, 2),
        (None, None, None, None, 1),
        (None, 2, 2, 2, 2),
    ],
)
async def test_a_process_that_asks_how_many_shards_there_are_is_started_again_for_more(
    monkeypatch: pytest.MonkeyPatch,
    shards: str | None,
    shard_count: int | None,
    counted: int | None,
    in_force: int | None,
    status: int,
) -> None:
    async def recommended(*_: str) -> int:
        return 4

    async def run_with_leases(
        _: Settings, __: str, count: int | None, stay_connected: StayConnected, ___: object
    ) -> None:
        assert count == counted
        bot: Any = WantsMoreShards()
        bot.shard_count = in_force  # as each bot of a lease is given it
        await stay_connected(bot)

    monkeypatch.setattr(connect, "recommended_shards", recommended)
    monkeypatch.setattr(leased_run, "run_with_leases", run_with_leases)
    settings = Settings.model_validate(
        {
            "discord_token": SecretStr("token"),
            "database_url": SecretStr("postgresql://localhost/rooms"),
            "shards": shards,
            "shard_count": shard_count,
        }
    )
    with pytest.raises(FourRoomsError) as caught:
        await run_bot(settings)
    assert exit_status(caught.value) == status, caught.value.detail
