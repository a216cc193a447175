"""Faults on demand, as a client meets them."""

from __future__ import annotations

import time

import aiohttp
import discord
import pytest

from bot.sandbox import Sandbox, SandboxUser
from bot.sandbox.server.faults import matches
from tests.sandbox.conftest import Probe

SEND = "POST /channels/*/messages"


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (503, 0, discord.DiscordServerError),
        (403, 50013, discord.Forbidden),
        (404, 10003, discord.NotFound),
        (400, 50035, discord.HTTPException),
    ],
)
async def test_an_error_comes_with_its_code_and_nothing_is_done(
    sandbox: Sandbox,
    probe: Probe,
    ana: SandboxUser,
    status: int,
    code: int,
    kind: type[discord.HTTPException],
) -> None:
    fault = sandbox.faults.fail(SEND, status, code=code, message="as asked")
    with pytest.raises(kind) as failed:
        await probe.lobby(sandbox).send("lost")
    assert (failed.value.status, failed.value.code, failed.value.text) == (status, code, "as asked")
    assert ana.messages("#lobby") == ()
    assert fault.hits == 1
    await probe.lobby(sandbox).send("after")
    assert [m.text for m in ana.messages("#lobby")] == ["after"]


async def test_a_rate_limit_is_waited_for(sandbox: Sandbox, probe: Probe, ana: SandboxUser) -> None:
    sandbox.faults.limit(SEND, 0.05)
    before = time.monotonic()
    await probe.lobby(sandbox).send("patience")
    assert time.monotonic() - before >= 0.05
    assert [r.status for r in sandbox.requests.since(0, SEND)] == [429, 200]


async def test_a_ban_is_not_waited_for(sandbox: Sandbox, probe: Probe) -> None:
    sandbox.faults.limit(SEND, 0.05, via=False)
    with pytest.raises(discord.HTTPException) as failed:
        await probe.lobby(sandbox).send("no")
    assert failed.value.status == 429


async def test_a_lost_request_has_no_effect(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    sandbox.faults.lose_request(SEND)
    with pytest.raises(aiohttp.ClientError):
        await probe.lobby(sandbox).send("lost")
    assert ana.messages("#lobby") == ()


async def test_a_lost_answer_has_its_effect(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    sandbox.faults.lose_answer(SEND, skip=1)
    await probe.lobby(sandbox).send("first")
    with pytest.raises(aiohttp.ClientError):
        await probe.lobby(sandbox).send("second")
    assert [m.text for m in ana.messages("#lobby")] == ["first", "second"]
    assert [r.status for r in sandbox.requests.since(0, SEND)] == [200, None]


async def test_a_delay_is_one(sandbox: Sandbox, probe: Probe) -> None:
    sandbox.faults.delay(SEND, 0.05)
    mark = sandbox.requests.mark
    await probe.lobby(sandbox).send("late")
    (request,) = await sandbox.requests.wait_for(SEND, since=mark)
    assert request.seconds >= 0.05
    assert request.size > 0
    assert request.body["content"] == "late"


async def test_faults_can_be_called_off(sandbox: Sandbox, probe: Probe) -> None:
    sandbox.faults.remove(sandbox.faults.fail(SEND, 403, times=None))
    sandbox.faults.fail(SEND, 403, times=None)
    sandbox.faults.clear()
    await probe.lobby(sandbox).send("fine")


async def test_what_is_not_there_is_said_and_noted(sandbox: Sandbox, probe: Probe) -> None:
    with pytest.raises(discord.HTTPException, match="does not implement"):
        await probe.http.request(discord.http.Route("GET", "/guilds/1/widget"))
    assert len(sandbox.gaps) == 1
    sandbox.gaps.clear()


@pytest.mark.parametrize(
    ("pattern", "method", "path", "fits"),
    [
        ("POST /channels/*/messages", "POST", "/channels/1/messages", True),
        ("POST /channels/*/messages", "GET", "/channels/1/messages", False),
        ("POST /channels/*/messages", "POST", "/channels/1/messages/2", False),
        ("* /channels/1/**", "PATCH", "/channels/1/messages/2", True),
        ("* /channels/1/**", "PATCH", "/channels/2/messages/2", False),
        ("* /**", "GET", "/gateway", True),
        ("GET /a.b", "GET", "/axb", False),
    ],
)
def test_patterns(pattern: str, method: str, path: str, fits: bool) -> None:
    assert matches(pattern, method, path) is fits
