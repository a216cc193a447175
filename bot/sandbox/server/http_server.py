"""The sandbox's server: a Discord on 127.0.0.1, started and stopped with ``async with``."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import discord
from aiohttp import WSCloseCode, web

from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.cdn import PREFIX
from bot.sandbox.server.faults import Faults
from bot.sandbox.server.gateway.gateway import Gateway
from bot.sandbox.server.guild import BOT_PERMISSIONS, GuildSetup
from bot.sandbox.server.persistence import WorldFile
from bot.sandbox.server.rate_limits import RateLimit
from bot.sandbox.server.request_log import RequestLog
from bot.sandbox.server.rest_api import RestApi
from bot.sandbox.server.typing_state import TypingState

HOST = "127.0.0.1"
_LARGEST_REQUEST = 26 * 1024 * 1024
_HOUSEKEEPING = 15.0
"""Seconds between looks for threads that have been quiet for too long."""


class SandboxServer:
    """A Discord on this machine, with one server, one application and a few people.

    With a ``folder`` the world is loaded from it if it holds one, and saved to it. ``port`` 0
    takes a free one. ``approved`` are the intents that the application may ask for (all, unless
    given), ``limits`` the rate limits by pattern (none, unless given). Routes of one's own go into
    ``app`` before it starts.
    """

    def __init__(
        self,
        *,
        folder: Path | None = None,
        port: int = 0,
        token: str | None = None,
        approved: discord.Intents | None = None,
        permissions: discord.Permissions = BOT_PERMISSIONS,
        heartbeat: float = 41.25,
        limits: Mapping[str, RateLimit] | None = None,
    ) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.backend = SandboxBackend()
        if approved is not None:
            self.backend.approved = approved
        self.guild = GuildSetup(self.backend)
        self._world_file = WorldFile(self.backend, folder) if folder is not None else None
        if self._world_file is None or not self._world_file.load():
            self.guild.build(permissions)
        self.typing_state = TypingState(self.backend.event_bus)
        self._rest = RestApi(self.backend, self.token, limits)
        self.gateway = Gateway(self.backend, self.token, heartbeat=heartbeat)
        self._port = port
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.app = self._application()

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST_REQUEST, middlewares=[_only_this_host])
        app.router.add_route("*", "/api/{path:.*}", self._rest.handle)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get(PREFIX + "/{path:.*}", self._file)
        return app

    # Where it is

    @property
    def url(self) -> str:
        """The server's address."""
        return self.backend.files.base

    @property
    def port(self) -> int:
        """The port it listens on; 0 before it does."""
        return int(self.url.rpartition(":")[2])

    @property
    def api_url(self) -> str:
        """The value that DISCORD_API_URL is to have."""
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The address that GET /gateway/bot answers."""
        return self.backend.gateway_url

    # What it offers

    @property
    def faults(self) -> Faults:
        """Faults that can be made to happen to requests."""
        return self._rest.faults

    @property
    def requests(self) -> RequestLog:
        """The requests that came in."""
        return self._rest.log

    @property
    def gaps(self) -> list[str]:
        """Requests of the bot that the sandbox does not serve; to be empty at a test's end."""
        return self._rest.gaps

    # Its life

    async def start(self) -> None:
        """Listen. Raises OSError where the port is taken."""
        self._runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        port = self._runner.addresses[0][1]
        self.backend.files.base = f"http://{HOST}:{port}"
        self.backend.gateway_url = f"ws://{HOST}:{port}/gateway"
        self._tasks.append(asyncio.create_task(self._archive_idle_threads()))
        if self._world_file is not None:
            self._world_file.refresh_addresses()
            self._tasks.append(asyncio.create_task(self._world_file.run()))

    async def stop(self) -> None:
        """Close every connection, stop listening, and save the world if it has a folder."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self.gateway.close(WSCloseCode.GOING_AWAY)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._world_file is not None:
            self._world_file.save()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _archive_idle_threads(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING)
            self.backend.archive_idle()

    async def _file(self, request: web.Request) -> web.Response:
        """Serve a file of a message. It is never shown as a page, whatever it holds."""
        path = request.rel_url.raw_path
        content = self.backend.files.fetch(path, request.query.get("hm", ""))
        if content is None:
            raise web.HTTPNotFound
        kind = _SHOWN.get(path.rsplit(".", 1)[-1].lower())
        headers = {
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Type": kind or "application/octet-stream",
        }
        if kind is None:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=content, headers=headers)


_SHOWN = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}
"""Kinds of files that a browser may show in place; all else is a download."""


@web.middleware
async def _only_this_host(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse requests for another host: a web site that points its name at this machine."""
    if request.url.host not in (HOST, "localhost"):
        raise web.HTTPForbidden
    return await handler(request)
