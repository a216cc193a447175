"""The page's server side: its files, its websocket, and who may come in.

The address carries a key in its fragment, which browsers send to nobody; the page itself says it
in its first message. There are no cookies, so another site has nothing to ride on; it is turned
away by its origin besides.
"""

from __future__ import annotations

from typing import Final

from aiohttp import web

from bot.sandbox.sandbox import Sandbox
from bot.sandbox.web.assets import INDEX, load_assets, respond
from bot.sandbox.web.page_connection import PageConnection
from bot.sandbox.web.page_state import PageState

_LARGEST_MESSAGE: Final = 24 * 1024 * 1024
"""Bytes of a message with files in it."""
_HEARTBEAT: Final = 20.0


class WebApp:
    """The web page of one sandbox. Make it before the sandbox starts, as it adds routes to it."""

    def __init__(self, sandbox: Sandbox, *, key: str | None = None) -> None:
        self._sandbox = sandbox
        self.state = PageState(sandbox, key=key)
        self._assets = load_assets()
        self._connections: set[PageConnection] = set()
        sandbox.app.router.add_get("/", self._index)
        sandbox.app.router.add_get("/page/socket", self._socket)
        sandbox.app.router.add_get("/page/{name}", self._asset)
        sandbox.app.on_shutdown.append(self._close)

    @property
    def key(self) -> str:
        """The key that lets a page in."""
        return self.state.key

    @property
    def address(self) -> str:
        """The address for a browser, with the key."""
        return f"{self._sandbox.url}/#key={self.key}"

    def cut(self) -> None:
        """Cut every page's connection without a word, as a network does."""
        for connection in tuple(self._connections):
            connection.cut()

    # Requests of browsers

    async def _index(self, request: web.Request) -> web.Response:
        return respond(self._assets[INDEX], request.host)

    async def _asset(self, request: web.Request) -> web.Response:
        asset = self._assets.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        return respond(asset, request.host)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        # A browser always names the site that asks; what does not is no browser's page.
        if request.headers.get("Origin") != f"http://{request.host}":
            raise web.HTTPForbidden
        # Uncompressed: on one machine that saves nothing, and what is being packed while a page
        # closes would end in an error that nobody waits for.
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT, max_msg_size=_LARGEST_MESSAGE, compress=False
        )
        await socket.prepare(request)
        connection = PageConnection(self.state, socket, request)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
        return socket

    async def _close(self, _: web.Application) -> None:
        self.state.close_feed()
        for connection in tuple(self._connections):
            await connection.close()
        await self.state.close_logs()
