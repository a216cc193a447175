"""Rate limits, where a test wants to feel them."""

from __future__ import annotations

import time

import pytest

from bot.sandbox import RateLimit, Sandbox, SandboxUser
from bot.sandbox.server.rate_limits import RateLimits
from tests.sandbox.conftest import Connect

SEND = "POST /channels/*/messages"


@pytest.fixture
def limits() -> dict[str, RateLimit]:
    return {SEND: RateLimit(2, 0.2)}


async def test_a_client_waits_for_its_bucket(
    sandbox: Sandbox, connect: Connect, ana: SandboxUser
) -> None:
    probe = await connect()
    channel = probe.lobby(sandbox)
    began = time.monotonic()
    for number in range(3):
        await channel.send(str(number))
    assert time.monotonic() - began >= 0.2
    assert [m.text for m in ana.messages("#lobby")] == ["0", "1", "2"]
    assert {r.status for r in sandbox.requests.since(0, SEND)} == {200}


def test_a_request_too_many_is_told_how_long_to_wait() -> None:
    limits = RateLimits({SEND: RateLimit(1, 60.0)})
    first = limits.take("POST", "/channels/1/messages")
    second = limits.take("POST", "/channels/1/messages")
    assert first is not None
    assert second is not None
    assert (first.retry_after, first.headers["X-RateLimit-Remaining"]) == (0.0, "0")
    assert 59 < second.retry_after <= 60
    elsewhere = limits.take("POST", "/channels/2/messages")
    assert elsewhere is not None
    assert elsewhere.retry_after == 0.0
    assert limits.take("GET", "/channels/1/messages") is None
