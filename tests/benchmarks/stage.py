"""The stage: a Discord and a model in this process, the bot in one of its own between them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.sandbox import BOT_PERMISSIONS, Sandbox, SandboxUser
from tests.benchmarks.model import QuickModel
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

PROJECT: Final = Path(__file__).parent.parent.parent
READY_SECONDS: Final = 180.0
"""What the process may take to connect, on a busy machine."""
STOP_SECONDS: Final = 30.0
BOT: Final = ("-m", "bot", "run")


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that takes part in a measurement."""

    sandbox: Sandbox
    model: QuickModel
    process: asyncio.subprocess.Process
    errors: Path
    """What the process wrote to stderr."""

    @property
    def ana(self) -> SandboxUser:
        """The member who writes."""
        return self.sandbox.person("Ana")

    async def told_moderators(self, mark: int) -> None:
        """Returns once something was posted to the moderators since ``mark``."""
        posts = f"POST /channels/{self.sandbox.guild.moderators_id}/messages"
        await self.sandbox.requests.wait_for(posts, since=mark, timeout=60)

    async def set_up_room(self, name: str) -> int:
        """Makes a channel a Chat Room, creating it if needed; its id."""
        if name not in {place.name for place in self.ana.places()}:
            self.sandbox.guild.add_channel(name)
        mark = self.sandbox.requests.mark
        asked = await self.sandbox.person("Ada").slash(
            f"#{name}", "setup", chat=f"#{name}", moderators="#moderators", replies="always"
        )
        told = await asked.message()
        if "is a Chat Room" not in told.text:
            raise RuntimeError(f"/setup refused: {told.text}")
        await self.told_moderators(mark)
        await self._give_each_reply_a_card(name)
        return self.sandbox.guild.channel_id(name)

    async def _give_each_reply_a_card(self, name: str) -> None:
        """Sets what was the default before: a card is what `told_moderators` waits for."""
        mark, ada = self.sandbox.requests.mark, self.sandbox.person("Ada")
        panel = await (await ada.slash(f"#{name}", "settings")).message()
        opened = await ada.click(panel, "Cards")
        await opened.submit({"cards": ["every"]})
        await self.told_moderators(mark)


@asynccontextmanager
async def open_stage(
    folder: Path,
    command: Sequence[str] = BOT,
    *,
    prepare: Callable[[Sandbox], Awaitable[None]] | None = None,
) -> AsyncIterator[Stage]:
    """Starts all of it, waits until the process is connected, and stops it in the end.

    ``prepare`` is awaited before the process starts.
    """
    model = QuickModel()
    async with OpenAIServer(probabilities=True, strict=False) as server, _sandbox() as sandbox:
        server.always(model.answer)
        if prepare is not None:
            await prepare(sandbox)
        errors = folder / "stderr.txt"
        with errors.open("wb") as file:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *command,
                cwd=folder,
                env=_environment(sandbox, server, folder),
                stderr=file,
            )
        try:
            stage = Stage(sandbox, model, process, errors)
            await _connected(stage)
            yield stage
        finally:
            await _stop(process)


def database_url(folder: Path) -> str:
    """Where the bot of a stage in that folder keeps everything."""
    return f"sqlite:///{folder / 'bench.db'}"


def _sandbox() -> Sandbox:
    return Sandbox(permissions=BOT_PERMISSIONS)


def _environment(sandbox: Sandbox, server: OpenAIServer, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(PROJECT),
        "DISCORD_TOKEN": sandbox.token,
        "DISCORD_API_URL": sandbox.api_url,
        "OPENAI_BASE_URL": server.base_url,
        "OPENAI_API_KEY": KEY,
        "MODEL": MODEL,
        "DATABASE_URL": database_url(folder),
        "LOG_LEVEL": "WARNING",
        "COOLDOWN_SECONDS": "0",  # one person says all, as quickly as can be
        "LIMIT_PERSON_CALLS": "off",
        "LIMIT_PERSON_TOKENS": "off",
    }


async def _connected(stage: Stage) -> None:
    connecting = asyncio.create_task(stage.sandbox.gateway.wait_connected(READY_SECONDS))
    ended = asyncio.create_task(stage.process.wait())
    await asyncio.wait({connecting, ended}, return_when=asyncio.FIRST_COMPLETED)
    for task in (connecting, ended):
        if not task.done():
            task.cancel()
    if stage.process.returncode is not None or connecting.exception():
        raise RuntimeError(f"The process did not connect:\n{stage.errors.read_text()[-4000:]}")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
