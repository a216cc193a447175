"""Starting, stopping, and room for routes of one's own."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from bot.sandbox import Sandbox
from bot.sandbox.server.persistence import WorldFile
from tests.patience import PATIENCE
from tests.sandbox.conftest import Probe


async def test_a_port_is_free_again_after_the_end() -> None:
    async with Sandbox() as first:
        port = int(first.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="in use"):
            await Sandbox(port=port).start()
    async with Sandbox(port=port) as second:
        assert second.url == first.url


async def test_two_at_once_know_nothing_of_each_other() -> None:
    async with Sandbox() as one, Sandbox() as two:
        await one.person("Ana").say("#lobby", "here")
        assert two.person("Ana").messages("#lobby") == ()
        assert one.token != two.token


async def test_the_end_is_told_to_who_is_connected(sandbox: Sandbox, probe: Probe) -> None:
    leaving = asyncio.create_task(probe.wait_for("disconnect", timeout=PATIENCE))
    await asyncio.sleep(0)  # the waiter is in place
    async with asyncio.timeout(PATIENCE):
        await sandbox.stop()
    await leaving
    assert sandbox.gateway.connected == []


async def test_a_page_can_be_served_beside_it() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="the page")

    sandbox = Sandbox()
    sandbox.app.router.add_get("/", page)
    async with sandbox, aiohttp.ClientSession() as http, http.get(sandbox.url) as answer:
        assert await answer.text() == "the page"


async def test_the_world_is_saved_while_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = asyncio.Event()
    save = WorldFile.save

    def noted(keeper: WorldFile) -> None:
        save(keeper)
        saved.set()

    monkeypatch.setattr(WorldFile, "save", noted)
    monkeypatch.setattr("bot.sandbox.server.persistence.EVERY", 0.0)
    async with Sandbox(folder=tmp_path) as sandbox:
        await asyncio.wait_for(saved.wait(), PATIENCE)  # the new world itself
        saved.clear()
        await sandbox.person("Ana").say("#lobby", "before the crash")
        await asyncio.wait_for(saved.wait(), PATIENCE)
        assert "before the crash" in (tmp_path / "world.json").read_text()
