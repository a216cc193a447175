"""A model hub on a real socket, with one file."""

from __future__ import annotations

import hashlib
from typing import Self

from aiohttp import web


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class ModelHub:
    """The hub, as an asynchronous context manager. It sends one on to where the file lies."""

    def __init__(self, path: str, content: bytes) -> None:
        """Take the path under which the one file is found."""
        self.path = path
        self.content = content
        self.tells_hash = True
        self.status: int | None = None
        self.breaks_after: int | None = None
        self.ranges: list[str] = []
        self.url = ""

    async def _resolve(self, request: web.Request) -> web.StreamResponse:
        if self.status:
            return web.Response(status=self.status, text="<html>", content_type="text/html")
        told = {"X-Linked-ETag": f'"{sha256(self.content)}"'} if self.tells_hash else {}
        return web.Response(status=302, headers={"Location": "/lies/here", **told})

    async def _give(self, request: web.Request) -> web.StreamResponse:
        asked = request.headers["Range"]
        self.ranges.append(asked)
        start, _, end = asked.removeprefix("bytes=").partition("-")
        last = int(end) if end else len(self.content) - 1
        part = self.content[int(start) : last + 1]
        response = web.StreamResponse(status=206)
        response.content_length = len(part)
        response.headers["Content-Range"] = f"bytes {start}-{last}/{len(self.content)}"
        await response.prepare(request)
        if self.breaks_after is None or end:
            await response.write(part)
        else:
            await response.write(part[: self.breaks_after])
            assert request.transport is not None
            request.transport.close()
        return response

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(f"/{self.path}", self._resolve)
        app.router.add_get("/lies/here", self._give)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
