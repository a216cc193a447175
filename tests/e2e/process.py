"""The bot in a process of its own, between a Discord and a language model over real sockets."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bot.sandbox import Message, Sandbox, SandboxUser
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

PROJECT: Final = Path(__file__).parent.parent.parent


@dataclass
class House:
    """Who takes part: the stand-ins, and the bot's process, which may die and come back."""

    folder: Path
    sandbox: Sandbox
    model: OpenAIServer
    extra: Mapping[str, str] = field(default_factory=dict)
    process: asyncio.subprocess.Process | None = None
    program: tuple[str, ...] = (sys.executable, "-m", "bot", "run")
    runs_in: Path | None = None
    """The folder of the bot's code, where that is not the project's own."""

    @property
    def ana(self) -> SandboxUser:
        return self.sandbox.person("Ana")

    @property
    def max(self) -> SandboxUser:
        return self.sandbox.person("Max")

    @property
    def ada(self) -> SandboxUser:
        return self.sandbox.person("Ada")

    @property
    def log(self) -> str:
        return (self.folder / "log.jsonl").read_text()

    async def start(self) -> None:
        """Starts the bot and returns once it is connected."""
        self.process = await self._launch()
        connected = asyncio.create_task(self.sandbox.gateway.wait_connected(PATIENCE))
        ended = asyncio.create_task(self.process.wait())
        await asyncio.wait({connected, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not connected.done():
            connected.cancel()
            raise AssertionError(f"the bot ended:\n{self.log[-3000:]}")
        await connected

    async def run_to_its_end(self) -> int:
        """Starts the bot, which is to end by itself; its exit status."""
        self.process = await self._launch()
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def set_up(self) -> Message:
        """Ada makes the lobby a Chat Room in which each reply has a card; what she was told."""
        asked = await self.ada.slash(
            "#lobby", "setup", chat="#lobby", moderators="#moderators", replies="always"
        )
        told = await asked.message(timeout=PATIENCE)
        panel = await (await self.ada.slash("#lobby", "settings")).message(timeout=PATIENCE)
        opened = await self.ada.click(panel, "Cards")
        before = self.max.place("#moderators").last_message_id
        await opened.submit({"cards": ["every"]})
        await self.max.wait_for(
            lambda m: "every" in m.text, where="#moderators", after=before, timeout=PATIENCE
        )
        await self.ada.wait_for(
            lambda m: m.id == panel.id and "**a card for every reply**" in m.all_text,
            where=None,
            timeout=PATIENCE,
        )
        return told

    async def kill(self) -> None:
        """The process dies as if the power had gone."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """The process is asked to end; its exit status."""
        return await self._end(signal.SIGTERM)

    async def answer_to(self, said: Message) -> Message:
        """What the bot answers to ``said`` in the lobby, as Ana sees it."""
        return await self.ana.wait_for(
            lambda m: m.by_bot and m.reply_to == said.id, where="#lobby", timeout=PATIENCE
        )

    async def card_after(self, before: Message | int | None) -> Message:
        """The next score card in the moderator channel, as Max sees it."""
        return await self.max.wait_for(
            lambda m: bool(m.embeds), where="#moderators", after=before, timeout=PATIENCE
        )

    def replies(self) -> list[Message]:
        """All that the bot has said in the lobby but for the notice of /setup."""
        return [m for m in self.ana.messages("#lobby") if m.by_bot and m.reply_to]

    async def _end(self, how: signal.Signals) -> int:
        if self.process is None or self.process.returncode is not None:
            return 0
        self.process.send_signal(how)
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    async def _launch(self) -> asyncio.subprocess.Process:
        with (self.folder / "log.jsonl").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *self.program,
                cwd=self.runs_in or self.folder,
                env=self._environment(),
                stderr=log,
            )

    def _environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(PROJECT),
            "DISCORD_TOKEN": self.sandbox.token,
            "DISCORD_API_URL": self.sandbox.api_url,
            "OPENAI_BASE_URL": self.model.base_url,
            "OPENAI_API_KEY": KEY,
            "MODEL": MODEL,
            "DATABASE_URL": f"sqlite:///{self.folder / 'bot.db'}",
            "LOG_FORMAT": "json",
            "COOLDOWN_SECONDS": "0",  # a test does not wait between its words
            **self.extra,
        }
