"""A real discord.py client on the sandbox's sockets, and the people of its server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import discord
import pytest
import yarl
from discord.ext import commands

from bot.sandbox import RateLimit, Sandbox, SandboxUser
from tests.patience import PATIENCE


class Probe(commands.Bot):
    """A bot that does what the test hands it, and notes what the gateway tells it."""

    def __init__(self, intents: discord.Intents | None = None, **options: Any) -> None:
        wanted = discord.Intents.default()
        wanted.message_content = True
        super().__init__(
            command_prefix=commands.when_mentioned,
            intents=intents or wanted,
            guild_ready_timeout=0.05,
            enable_debug_events=True,
            **options,
        )
        self.told: list[str] = []
        self.heard: list[discord.Message] = []
        self.set_up: Callable[[Probe], Awaitable[None]] | None = None
        self.got_ready = asyncio.Event()
        self.late: dict[str, asyncio.Event] = {}
        """By what is typed: suggestions wait for it."""

    async def setup_hook(self) -> None:
        if self.set_up is not None:
            await self.set_up(self)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait five seconds before a second IDENTIFY."""

    async def on_ready(self) -> None:
        self.got_ready.set()

    async def on_socket_event_type(self, event: str) -> None:
        self.told.append(event)

    async def on_message(self, message: discord.Message, /) -> None:
        self.heard.append(message)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        raise AssertionError(event_method)

    async def due(self, typed: str) -> None:
        """Returns once suggestions for it may be given."""
        if typed in self.late:
            await self.late[typed].wait()

    def lobby(self, sandbox: Sandbox) -> discord.TextChannel:
        channel = self.get_channel(sandbox.guild.lobby_id)
        assert isinstance(channel, discord.TextChannel)
        return channel


Connect = Callable[..., Awaitable[Probe]]


@pytest.fixture(autouse=True)
def slow_is_not_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a bot on a busy machine answer later than Discord would wait."""
    monkeypatch.setattr("bot.sandbox.users.user.FIRST_RESPONSE", PATIENCE)


@pytest.fixture
def limits() -> dict[str, RateLimit]:
    """Rate limits of the sandbox: none, unless a module says otherwise."""
    return {}


@pytest.fixture
async def sandbox(limits: dict[str, RateLimit]) -> AsyncIterator[Sandbox]:
    async with Sandbox(limits=limits) as running:
        yield running
        assert running.gaps == []


@pytest.fixture
async def connect(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connect]:
    """Connect a probe; only the API's address is changed, as DISCORD_API_URL does it."""
    monkeypatch.setattr(discord.http.Route, "BASE", sandbox.api_url)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway_url)
    )
    running: list[tuple[Probe, asyncio.Task[None]]] = []

    async def begin(
        *, set_up: Callable[[Probe], Awaitable[None]] | None = None, **options: Any
    ) -> Probe:
        probe = Probe(**options)
        probe.set_up = set_up
        task = asyncio.create_task(probe.start(sandbox.token))
        running.append((probe, task))
        ready = asyncio.create_task(probe.got_ready.wait())
        await asyncio.wait((ready, task), return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
        if not ready.done():
            ready.cancel()
            await task  # raises why it could not connect
            raise TimeoutError("the probe did not get ready")
        return probe

    yield begin
    for probe, task in running:
        await probe.close()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def probe(connect: Connect) -> Probe:
    return await connect()


@pytest.fixture
def ana(sandbox: Sandbox) -> SandboxUser:
    return sandbox.person("Ana")


@pytest.fixture
def moderator(sandbox: Sandbox) -> SandboxUser:
    return sandbox.person("Max")


@pytest.fixture
def admin(sandbox: Sandbox) -> SandboxUser:
    return sandbox.person("Ada")
