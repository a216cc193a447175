"""The demo waits for its bot as long as a busy machine takes, and says so if it does not come."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.demo import demo


class Nobody:
    """A sandbox to which no bot comes: its time is up at once."""

    def __init__(self) -> None:
        self.gateway = self
        self.waited: list[float] = []

    async def wait_connected(self, timeout: float = 10.0) -> None:
        self.waited.append(timeout)
        raise TimeoutError


async def test_a_bot_that_does_not_come_is_a_sentence_and_no_traceback_of_what_follows() -> None:
    sandbox: Any = Nobody()
    running: Any = asyncio.create_task(asyncio.Event().wait())
    with pytest.raises(demo.DemoFailed) as caught:
        await demo._wait_connected(sandbox, running)
    assert "did not connect within" in caught.value.detail
    assert sandbox.waited == [demo.CONNECTED_WITHIN]
    running.cancel()
