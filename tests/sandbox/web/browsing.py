"""A browser of this machine, and a page in it as a person uses it."""

from __future__ import annotations

import os
import re
import shutil
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect

CHROMIUM = next(
    (
        found
        for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
        if (found := shutil.which(name))
    ),
    None,
)
"""The system's Chromium, None where there is none."""

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000
"""Milliseconds to wait for what a page is to show, on a busy machine."""

expect.set_options(timeout=PATIENCE)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return len(content).to_bytes(4) + checked + zlib.crc32(checked).to_bytes(4)


PNG = (
    b"\x89PNG\r\n\x1a\n"
    + _chunk(b"IHDR", (40).to_bytes(4) + (30).to_bytes(4) + bytes([8, 2, 0, 0, 0]))
    + _chunk(b"IDAT", zlib.compress((b"\0" + bytes([76, 141, 255]) * 40) * 30))
    + _chunk(b"IEND", b"")
)
"""A picture of 40 by 30 pixels."""


def need_chromium() -> None:
    """Skip the test that runs where there is no Chromium; fail it if REQUIRE_BROWSER is set."""
    if CHROMIUM is not None:
        return
    missing = "there is no Chromium on this machine"
    if os.environ.get("REQUIRE_BROWSER"):
        pytest.fail(f"REQUIRE_BROWSER is set, and {missing}: install chromium.", pytrace=False)
    pytest.skip(missing)


@asynccontextmanager
async def open_browser() -> AsyncIterator[Browser]:
    need_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Tab:
    """One page, and all that it ever heard, asked for, or complained about."""

    page: Page
    context: BrowserContext
    heard: list[str] = field(default_factory=list)
    """Frames of its websockets, as they came in."""
    asked_for: list[str] = field(default_factory=list)
    """Addresses of all its requests."""
    complaints: list[str] = field(default_factory=list)
    """Errors of its scripts, refusals of its content security policy."""

    @classmethod
    async def open(cls, browser: Browser, address: str, **options: Any) -> Tab:
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        context = await browser.new_context(**options)
        tab = cls(await context.new_page(), context)
        tab.page.set_default_timeout(PATIENCE)
        tab.page.on("websocket", lambda socket: socket.on("framereceived", tab._hear))
        tab.page.on("request", lambda request: tab.asked_for.append(request.url))
        tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.page.on("console", tab._note)
        await tab.page.goto(address)
        return tab

    def _hear(self, frame: str | bytes) -> None:
        self.heard.append(frame if isinstance(frame, str) else frame.decode())

    def _note(self, message: Any) -> None:
        # A connection that breaks is told by the browser itself, and part of some tests.
        broken = "WebSocket" in message.text or "ERR_INTERNET_DISCONNECTED" in message.text
        if message.type == "error" and not broken:
            self.complaints.append(message.text)

    # What is there

    @property
    def messages(self) -> Locator:
        return self.page.locator("#messages > .message")

    def message(self, text: str | re.Pattern[str]) -> Locator:
        return self.messages.filter(has_text=text)

    def room(self, name: str) -> Locator:
        return self.page.locator(f'#rooms .room[title^="{name}"]')

    @property
    def toast(self) -> Locator:
        return self.page.locator(".toast").last

    # What a person does

    async def say(self, text: str) -> None:
        await self.page.locator("#say").fill(text)
        await self.page.locator("#say").press("Enter")

    async def be(self, who: str) -> None:
        await self.page.locator(".face").filter(has_text=who).click()
        await expect(self.page.locator(f".face input[value={who}]")).to_be_checked()

    async def enter(self, room: str) -> None:
        await self.room(room).click()
        # Not just the name: "therapy · lobby" has that of the lobby in it.
        await expect(self.page.locator("#place")).to_have_text(re.compile(rf"^\W*{room}"))

    async def use(self, command: str, **options: str) -> None:
        """Pick a command from the list, fill in its fields, and send it."""
        await self.page.locator("#say").fill("")
        await self.page.locator("#say").press_sequentially(f"/{command}")
        entries = self.page.locator("#commands [role=option]")
        await expect(entries.first).to_contain_text(f"/{command}")
        await self.page.locator("#say").press("Enter")
        form = self.page.locator(".command-form")
        for name, value in options.items():
            one = form.get_by_label(re.compile(rf"^{name}( optional)?$"))
            if await one.evaluate("node => node.tagName") == "SELECT":
                await one.select_option(label=value)
            else:
                await one.fill(value)
        await form.get_by_role("button", name="Send").click()
