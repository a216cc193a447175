"""A page over the real bot with scripted agents, in the system's Chromium."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import discord
import pytest
import pytest_asyncio
import yarl
from discord.gateway import DiscordWebSocket
from playwright.async_api import Browser

from bot.client.bot import FourRoomsBot
from bot.client.connect import serve
from bot.demo.turn_feed import TurnFeed
from bot.domain import ReplyWhen, RoomSettings
from bot.domain.room_settings import CardsWhen
from bot.engine.team import Agents
from bot.prompting.templates import Prompts
from bot.sandbox import Sandbox
from bot.sandbox.web import WebApp
from bot.sandbox.web.page_feed import ModelNote
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.patience import PATIENCE
from tests.sandbox.conftest import Probe
from tests.sandbox.helper import commands
from tests.sandbox.web.browsing import Tab, open_browser
from tests.world import Moments, Script, ScriptedChatbot, ScriptedCritic, ScriptedTherapist


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with open_browser() as running:
        yield running


@dataclass
class Stage:
    """The sandbox with its page; `tab` opens it in a browser of its own."""

    browser: Browser
    sandbox: Sandbox
    page: WebApp
    tabs: list[Tab] = field(default_factory=list)

    async def tab(
        self,
        who: str = "Ana",
        options: Mapping[str, Any] | None = None,
        *,
        place: str = "",
        view: str = "place",
    ) -> Tab:
        address = f"{self.page.address}&{urlencode({'as': who, 'in': place, 'view': view})}"
        opened = await Tab.open(self.browser, address, **(options or {}))
        self.tabs.append(opened)
        await opened.page.locator(".room[aria-current=page]").wait_for(state="attached")
        return opened

    async def close(self) -> None:
        for tab in self.tabs:
            await tab.context.close()
        complaints = [one for tab in self.tabs for one in tab.complaints]
        assert complaints == []
        elsewhere = [
            url
            for tab in self.tabs
            for url in tab.asked_for
            if not url.startswith((self.sandbox.url, "data:"))
        ]
        assert elsewhere == []


@dataclass
class House(Stage):
    """The same with the bot in it; its agents are on a script."""

    bot: FourRoomsBot = field(kw_only=True)
    script: Script = field(kw_only=True)

    async def settled(self) -> None:
        async with asyncio.timeout(20):
            await self.bot.engine.settled()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(browser: Browser) -> AsyncIterator[Stage]:
    """A sandbox without a bot."""
    sandbox = Sandbox()
    page = WebApp(sandbox)
    async with sandbox:
        stage = Stage(browser, sandbox, page)
        yield stage
        await stage.close()


@pytest_asyncio.fixture(loop_scope="session")
async def house(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """The bot at work in #lobby."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    script = Script(Moments())
    agents = Agents(ScriptedChatbot(script), ScriptedTherapist(script), ScriptedCritic(script))
    url = f"sqlite+aiosqlite:///{tmp_path / 'rooms.db'}"
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(url))
        sandbox = Sandbox()
        page = WebApp(sandbox)
        await stack.enter_async_context(sandbox)
        bot = FourRoomsBot.over(Stores.over(database), agents)
        running = asyncio.create_task(serve(bot, sandbox.token, sandbox.api_url))
        await sandbox.gateway.wait_connected()
        answer = await sandbox.person("Ada").slash(
            "#lobby", "setup", chat="#lobby", moderators="#moderators", replies="always"
        )
        await answer.message()
        each = RoomSettings(reply_when=ReplyWhen.ALWAYS, cards=CardsWhen.EVERY)
        await bot.stores.rooms.update_settings(sandbox.guild.lobby_id, each)
        model = ModelNote("scripted", embedded=True, small=True)
        feed = TurnFeed(bot.engine, Prompts.load(), sandbox.guild.lobby_id, model)
        await page.state.show_feed(feed)
        house = House(browser, sandbox, page, bot=bot, script=script)
        yield house
        if script.gate is not None:
            script.gate.set()
        await house.close()
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        assert sandbox.gaps == []


@pytest_asyncio.fixture(loop_scope="session")
async def probe(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Probe]:
    """A bot with a command, a button, a select and a form of every kind."""
    monkeypatch.setattr(discord.http.Route, "BASE", stage.sandbox.api_url)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(stage.sandbox.gateway_url))
    probe = Probe()
    probe.set_up = commands
    running = asyncio.create_task(probe.start(stage.sandbox.token))
    async with asyncio.timeout(PATIENCE):
        await probe.got_ready.wait()
    yield probe
    await probe.close()
    await asyncio.gather(running, return_exceptions=True)
