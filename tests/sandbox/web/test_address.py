"""Where the page is found, and when a browser is opened."""

from __future__ import annotations

import stat
import sys
import webbrowser
from io import StringIO
from pathlib import Path

import pytest

from bot.sandbox import Sandbox
from bot.sandbox.web import WebApp, address
from bot.sandbox.web.address import (
    PageAddress,
    has_screen,
    load_address,
    open_in_browser,
    save_address,
)


async def test_a_restart_is_found_at_the_same_address(tmp_path: Path) -> None:
    first = load_address(tmp_path)
    assert first.port == 0
    async with Sandbox(port=first.port) as sandbox:
        save_address(tmp_path, PageAddress(sandbox.port, first.key))
        taken = load_address(tmp_path)  # while the first still runs
        assert taken == PageAddress(0, first.key)
        port = sandbox.port
    again = load_address(tmp_path)
    assert again == PageAddress(port, first.key)
    sandbox = Sandbox(port=again.port)
    page = WebApp(sandbox, key=again.key)
    async with sandbox:
        assert page.address == f"http://127.0.0.1:{port}/#key={first.key}"


def test_the_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    save_address(tmp_path, PageAddress(1, "secret"))
    assert stat.S_IMODE((tmp_path / "page.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"port": "x"}', b'{"port": -5, "key": ""}']
)
def test_what_cannot_be_read_is_a_new_door(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "page.json").write_bytes(content)
    assert load_address(tmp_path).port == 0


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "screen", "there"), [(True, ":0", True), (True, "", False), (False, ":0", False)]
)
async def test_a_browser_opens_where_somebody_sits(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, screen: str, there: bool
) -> None:
    opened: list[str] = []
    for name in ("stdin", "stdout"):
        monkeypatch.setattr(sys, name, Terminal() if terminal else StringIO())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("DISPLAY", screen)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert has_screen() is there
    assert await open_in_browser("http://127.0.0.1:1/#key=x") is there
    assert opened == ["http://127.0.0.1:1/#key=x"] * there


async def test_a_browser_that_fails_does_not_end_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise webbrowser.Error("no browser")

    monkeypatch.setattr(address, "has_screen", lambda: True)
    monkeypatch.setattr(webbrowser, "open", fail)
    assert await open_in_browser("http://127.0.0.1:1/")
