"""Breaks of the gateway: what is told again, and what is lost."""

from __future__ import annotations

import asyncio

import pytest

from bot.sandbox import Sandbox, SandboxUser
from bot.sandbox.server.gateway.sessions import REPLAYED
from tests.patience import PATIENCE
from tests.sandbox.conftest import Probe


async def test_a_dropped_socket_is_resumed_and_nothing_is_missed(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    resumed = asyncio.create_task(probe.wait_for("resumed", timeout=PATIENCE))
    await asyncio.sleep(0)  # the waiter is in place
    sandbox.gateway.drop()
    for number in range(5):
        await ana.say("#lobby", f"in the dark {number}")
    await resumed
    assert [m.content for m in probe.heard] == [f"in the dark {n}" for n in range(5)]
    assert sandbox.gateway.identifies == 1
    assert sandbox.gateway.resumes == 1
    assert probe.told.count("READY") == 1


async def test_reconnect_on_request(sandbox: Sandbox, probe: Probe, ana: SandboxUser) -> None:
    resumed = asyncio.create_task(probe.wait_for("resumed", timeout=PATIENCE))
    await asyncio.sleep(0)
    sandbox.gateway.ask_to_reconnect()
    await resumed
    await ana.say("#lobby", "still there?")
    heard = await probe.wait_for("message", timeout=PATIENCE)
    assert heard.content == "still there?"
    assert sandbox.gateway.identifies == 1


async def test_an_invalid_session_begins_anew_and_loses_what_came_between(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    anew = asyncio.create_task(probe.wait_for("ready", timeout=PATIENCE))
    await asyncio.sleep(0)
    sandbox.gateway.invalidate()
    await ana.say("#lobby", "lost")
    await anew
    await ana.say("#lobby", "heard")
    heard = await probe.wait_for("message", timeout=PATIENCE)
    assert heard.content == "heard"
    assert [m.content for m in probe.heard] == ["heard"]
    assert sandbox.gateway.identifies == 2


async def test_a_refused_resume_begins_anew(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    anew = asyncio.create_task(probe.wait_for("ready", timeout=PATIENCE))
    await asyncio.sleep(0)
    sandbox.gateway.refused_resumes = 1
    sandbox.gateway.drop()
    await ana.say("#lobby", "lost")
    await anew
    assert sandbox.gateway.identifies == 2
    assert sandbox.gateway.resumes == 0
    history = [m.content async for m in probe.lobby(sandbox).history()]
    assert history == ["lost"]


async def test_only_so_much_is_kept_for_a_resume(
    sandbox: Sandbox, probe: Probe, ana: SandboxUser
) -> None:
    anew = asyncio.create_task(probe.wait_for("ready", timeout=PATIENCE))
    await asyncio.sleep(0)
    sandbox.gateway.drop()
    for number in range(REPLAYED + 10):
        await ana.say("#lobby", str(number))
    await anew
    assert sandbox.gateway.resumes == 0


async def test_a_close_with_a_code_is_survived(sandbox: Sandbox, probe: Probe) -> None:
    resumed = asyncio.create_task(probe.wait_for("resumed", timeout=PATIENCE))
    await asyncio.sleep(0)
    await sandbox.gateway.close(4000)
    await resumed
    assert len(sandbox.gateway.connected) == 1


async def test_nobody_to_wait_for(sandbox: Sandbox) -> None:
    with pytest.raises(TimeoutError):
        await sandbox.gateway.wait_connected(timeout=0.01)
