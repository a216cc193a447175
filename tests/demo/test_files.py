"""The demo's folder: all of it is for its owner alone, what an older version made too."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

PROJECT = Path(__file__).parents[2]


async def demo(folder: Path, server: OpenAIServer) -> str:
    """Lets the demo start and end; what it says on standard error."""
    own = {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY, "MODEL": MODEL}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo", "--folder", str(folder), "--exit"),
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], **own},
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
    )
    async with asyncio.timeout(120):
        _, complaints = await process.communicate()
    assert process.returncode == 0
    return complaints.decode()


def rights(folder: Path) -> dict[str, str]:
    paths = [folder, *folder.rglob("*")]
    return {path.name: f"{path.stat().st_mode & 0o777:04o}" for path in paths}


def open_to_others(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


async def test_the_demos_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "fresh" / "demo"
    closed = {
        "demo": "0700",
        "discord": "0700",
        "files": "0700",
        "four-rooms.db": "0600",
        "page.json": "0600",
        "world.json": "0600",
    }
    async with OpenAIServer() as server:
        assert "closed to others" not in await demo(folder, server)
        assert rights(folder) == closed
        open_to_others(folder)
        told = await demo(folder, server)
        assert rights(folder) == closed
    assert told.count("closed to others") == 6
