"""Where the demo's page is, and whether it is opened: as the command line says."""

from __future__ import annotations

import io
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.demo import demo
from bot.demo.demo import Demo, open_page, run_demo
from bot.errors import SettingError
from bot.settings import Settings


async def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingError) as taken:
            await run_demo(Settings(), Demo(folder=tmp_path / "world", port=port))
    assert taken.value.detail == f"--port {port}: another program uses it. Choose another one."


async def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("Dear diary")
    with pytest.raises(SettingError) as impossible:
        await run_demo(Settings(), Demo(folder=tmp_path / "notes" / "world"))
    assert impossible.value.detail.endswith("notes/world cannot be made: Not a directory.")


async def test_a_persona_that_is_not_there_is_said_before_a_model_is_loaded(
    tmp_path: Path,
) -> None:
    with pytest.raises(SettingError) as unknown:
        await run_demo(Settings(), Demo(folder=tmp_path / "world", persona="nobody"))
    assert "nobody" in unknown.value.detail
    assert not (tmp_path / "world").exists()


@dataclass
class Page:
    address: str = "http://127.0.0.1:8000/?key=k"


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_page_is_opened_unless_that_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch, wanted: bool
) -> None:
    opened: list[str] = []

    async def open_in_browser(address: str) -> bool:
        opened.append(address)
        return True

    monkeypatch.setattr(demo, "open_in_browser", open_in_browser)
    page: Any = Page()
    console = Console(file=io.StringIO())
    await open_page(page, console, in_browser=wanted)
    assert opened == [page.address] * wanted
    assert isinstance(console.file, io.StringIO)
    assert page.address in console.file.getvalue()
