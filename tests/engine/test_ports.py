"""The ports to Discord: nothing that hangs there holds a room for long."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.posts import ReplyPost
from bot.engine import ports
from bot.engine.ports import DiscordPorts
from bot.errors import DeliveryUncertain

POST = ReplyPost(1, 10, 0, 1, "Hello", "a-nonce", 5)


class HungRoom:
    async def send(self, _: ReplyPost) -> int:
        await asyncio.sleep(60)
        return 1

    async def find(self, _: ReplyPost) -> int | None:
        await asyncio.sleep(60)
        return None


@pytest.mark.parametrize("what", ["send", "find"])
async def test_a_post_that_hangs_is_looked_for_and_sent_again(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    assert ports.POST_SECONDS <= 30
    monkeypatch.setattr(ports, "POST_SECONDS", 0.01)
    door = DiscordPorts()
    door.chat_room = HungRoom()
    with pytest.raises(DeliveryUncertain):
        await getattr(door, what)(POST)
