"""What is said where Discord cannot be had."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from bot.client.connect import serve
from bot.errors import FourRoomsError


class Offline:
    """A bot on a machine without a network."""

    def serving(self) -> bool:
        return False

    async def start(self, _: str) -> None:
        key = ConnectionKey("discord.com", 443, True, True, None, None, None)
        raise aiohttp.ClientConnectorDNSError(key, OSError("no such name"))

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_machine_that_is_not_online_is_asked_whether_it_is() -> None:
    bot: Any = Offline()
    with pytest.raises(FourRoomsError) as offline:
        await serve(bot, "token")
    assert offline.value.detail == (
        "Discord's name, discord.com, cannot be looked up. Is the machine online?"
    )
