"""A house whose bots are forked from processes that have loaded them, and end at any moment."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bot.sandbox.server.guild import GuildSetup
from bot.sandbox.users.user import SandboxUser
from tests.e2e.process import House
from tests.patience import PATIENCE


class Nursery:
    """The process that has the bot's code, and forks those that run it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._started: asyncio.Queue[int] = asyncio.Queue()
        self._ended: dict[int, asyncio.Event] = {}
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def open(cls, folder: Path, environment: Mapping[str, str]) -> Nursery:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.kills.nursery",
            cwd=folder, env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return cls(process)

    async def start(self, folder: Path) -> int:
        """Start a bot in a folder; its process."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{folder}\n".encode())
        async with asyncio.timeout(5 * PATIENCE):  # the first one waits for all that is loaded
            return await self._started.get()

    async def ended(self, child: int) -> None:
        """Return once that process is gone."""
        async with asyncio.timeout(PATIENCE):
            await self._ended[child].wait()

    def has_ended(self, child: int) -> bool:
        """Whether that process is gone."""
        return self._ended[child].is_set()

    async def close(self) -> None:
        """End it, and all its children."""
        for child, ended in self._ended.items():
            if not ended.is_set():
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
        self._listening.cancel()
        self._process.kill()
        await self._process.wait()

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        while line := (await self._process.stdout.readline()).decode().split():
            child = int(line[1])
            if line[0] == "started":
                self._ended[child] = asyncio.Event()
                self._started.put_nowait(child)
            else:
                self._ended[child].set()


class KilledHouse(House):
    """One process of the bot. ``guild``: the server that it sets up, if not the first one."""

    nursery: Nursery | None = None
    child: int | None = None
    guild: GuildSetup | None = None
    _log_began: int = 0

    @property
    def ana(self) -> SandboxUser:
        return self.sandbox.person("Ana", of=self.guild)

    @property
    def max(self) -> SandboxUser:
        return self.sandbox.person("Max", of=self.guild)

    @property
    def ada(self) -> SandboxUser:
        return self.sandbox.person("Ada", of=self.guild)

    def at(self, guild: GuildSetup) -> KilledHouse:
        """The same house as seen in another server, for what people do there."""
        there = replace(self)
        there.guild = guild
        return there

    @property
    def environment(self) -> Mapping[str, str]:
        """What the bot is told."""
        return self._environment()

    async def open(self) -> None:
        """Start the process that has the bot's code."""
        self.nursery = await Nursery.open(self.folder, self.environment)

    async def launch(self) -> None:
        """Start the bot."""
        assert self.nursery is not None
        log = self.folder / "log.jsonl"
        self._log_began = log.stat().st_size if log.exists() else 0
        self.child = await self.nursery.start(self.folder)

    async def begin(self) -> None:
        """Start the bot; return once it is connected."""
        await self.launch()
        await self.sandbox.gateway.wait_connected(PATIENCE)

    async def work(self) -> None:
        """Return once the bot takes up what was said before, as its log tells."""
        async with asyncio.timeout(PATIENCE):
            while b'"connected"' not in self._logged():  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.02)

    def _logged(self) -> bytes:
        """Return what the bot that runs now has logged."""
        with (self.folder / "log.jsonl").open("rb") as log:
            log.seek(self._log_began)
            return log.read()

    def send(self, how: signal.Signals) -> None:
        """Send the bot a signal."""
        assert self.child is not None
        assert self.nursery is not None
        assert not self.nursery.has_ended(self.child), f"the bot ended:\n{self.log[-2000:]}"
        os.kill(self.child, how)

    async def end(self, how: signal.Signals) -> None:
        """End the bot; return once it is gone."""
        assert self.child is not None
        assert self.nursery is not None
        self.send(how)
        await self.nursery.ended(self.child)
        self.child = None

    async def end_seen(self, how: signal.Signals) -> None:
        """End the bot; return once it is gone, and Discord knows."""
        await self.end(how)
        async with asyncio.timeout(PATIENCE):
            while self.sandbox.gateway.connected:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.01)

    async def close(self) -> None:
        """End all processes."""
        if self.nursery is not None:
            await self.nursery.close()
