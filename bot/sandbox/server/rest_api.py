"""Discord's REST API over a socket: auth, bodies, faults, the log, and the errors' wording."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aiohttp import BodyPartReader, web
from simcord.backend.errors import BackendError
from simcord.http.router import RouteNotImplemented, UnsupportedField

from bot.sandbox.server.api_errors import correct_error
from bot.sandbox.server.backend import SandboxBackend
from bot.sandbox.server.faults import Drop, Fault, Faults
from bot.sandbox.server.rate_limits import RateLimit, RateLimits
from bot.sandbox.server.request_log import LoggedRequest, RequestLog
from bot.sandbox.server.routes import ROUTES
from bot.sandbox.server.routes.table import Call

log = logging.getLogger(__name__)

_API = re.compile(r"/api(?:/v\d+)?(/.*)")
# Their address holds a token of its own, which is not for the log.
_TOKEN_IN_PATH = re.compile(r"/(interactions|webhooks)/\d+/[^/]+(/.*)?")
_TOKEN = re.compile(r"(/(?:interactions|webhooks)/\d+/)[^/\s]+")
_OPEN = ("/gateway",)


@dataclass(slots=True)
class UploadedFile:
    """A file of a request, in the shape that simcord's handlers read."""

    filename: str
    fp: io.BytesIO
    description: str | None = None


class RestApi:
    """The REST API that the application calls. One instance a server."""

    def __init__(
        self, sandbox: SandboxBackend, token: str, limits: Mapping[str, RateLimit] | None = None
    ) -> None:
        self._sandbox = sandbox
        self._token = token
        self._limits = RateLimits(limits or {})
        self.faults = Faults()
        self.log = RequestLog()
        self.gaps: list[str] = []
        """Requests for what is not implemented here: a test wants this to stay empty."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or let the fault that waits for it happen."""
        match = _API.fullmatch(request.rel_url.raw_path)
        path = match.group(1) if match else request.rel_url.raw_path
        entry = self.log.begin(request.method, path)
        fault = self.faults.take(request.method, path)
        try:
            response = await self._answer(request, entry, fault)
        except asyncio.CancelledError:
            self.log.end(entry, None)
            raise
        if response is None:
            self.log.end(entry, None)
            return _cut(request)
        self.log.end(entry, response.status)
        return response

    async def _answer(
        self, request: web.Request, entry: LoggedRequest, fault: Fault | None
    ) -> web.Response | None:
        """Return the answer, or None where the connection is to be cut instead."""
        body, uploads = await _read(request, entry)
        if fault is not None and fault.delay:
            await asyncio.sleep(fault.delay)
        if fault is not None and fault.status is not None:
            return _json(fault.status, fault.body(), fault.headers())
        if fault is not None and fault.drop is Drop.BEFORE:
            return None
        if not self._authorized(request, entry.path):
            return _json(401, {"message": "401: Unauthorized", "code": 0})
        verdict = self._limits.take(entry.method, entry.path)
        if verdict is not None and verdict.retry_after:
            limited = Fault("", status=429, retry_after=verdict.retry_after)
            return _json(429, limited.body(), {**verdict.headers, **limited.headers()})
        answer = self._dispatch(request, entry, body, uploads)
        if verdict is not None:
            answer.headers.update(verdict.headers)
        return None if fault is not None and fault.drop is Drop.AFTER else answer

    def _authorized(self, request: web.Request, path: str) -> bool:
        if path in _OPEN or _TOKEN_IN_PATH.fullmatch(path):
            return True
        return request.headers.get("Authorization") == f"Bot {self._token}"

    def _dispatch(
        self, request: web.Request, entry: LoggedRequest, body: Any, uploads: list[UploadedFile]
    ) -> web.Response:
        call = Call(
            self._sandbox,
            {},
            json=body,
            params=dict(request.query),
            files=list(uploads),
            reason=unquote(request.headers.get("X-Audit-Log-Reason", "")) or None,
            method=entry.method,
            path=entry.path,
            message_content_access=self._sandbox.approved.message_content,
            sandbox=self._sandbox,
        )
        try:
            answer = self._handled(call)
        except (RouteNotImplemented, UnsupportedField) as gap:
            log.warning("not in the sandbox: %s", _TOKEN.sub(r"\1…", gap.message))
            self.gaps.append(gap.message)
            # Not 501: discord.py would try a webhook's five times, for half a minute.
            return _json(400, {"message": gap.message, "code": 0})
        except BackendError as error:
            refusal = correct_error(error)
            return _json(refusal.status, refusal.to_json())
        except (KeyError, TypeError, ValueError) as error:
            # Simcord reads fields without checking their type; Discord says which is wrong.
            log.warning("a malformed request: %s", _TOKEN.sub(r"\1…", str(entry)), exc_info=error)
            return _json(400, {"message": "Invalid Form Body", "code": 50035})
        if answer is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        return _json(call.status, answer)

    def _handled(self, call: Call) -> Any:
        route = ROUTES.find(call.method, call.path)
        if route is None:
            return call.pass_on()
        handler, call.args = route
        return handler(call)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> web.Response:
    # Exactly this type: discord.py takes one with a charset for plain text.
    return web.Response(
        status=status,
        body=json.dumps(body, separators=(",", ":")).encode(),
        headers={**(headers or {}), "Content-Type": "application/json"},
    )


def _cut(request: web.Request) -> web.Response:
    """Cut the connection; the response is never sent."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _read(request: web.Request, entry: LoggedRequest) -> tuple[Any, list[UploadedFile]]:
    if request.content_type == "multipart/form-data":
        body, uploads = await _read_form(request, entry)
    else:
        raw = await request.read()
        entry.size = len(raw)
        body, uploads = _parsed(raw), []
    entry.body = body
    return body, uploads


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return None  # handlers then miss their fields, and say so


async def _read_form(request: web.Request, entry: LoggedRequest) -> tuple[Any, list[UploadedFile]]:
    body: Any = None
    scalars: dict[str, Any] = {}
    files: list[tuple[str, UploadedFile]] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        raw = await part.read(decode=False)
        entry.size += len(raw)
        name = part.name or ""
        if name == "payload_json":
            body = _parsed(bytes(raw))
        elif part.filename is None:
            scalars[name] = raw.decode("utf-8", "replace")
        else:
            files.append((name, UploadedFile(part.filename, io.BytesIO(bytes(raw)))))
    if body is None and scalars:
        body = scalars
    uploads = [upload for _, upload in sorted(files, key=lambda item: _number(item[0]))]
    _describe(uploads, body)
    return body, uploads


def _number(field: str) -> int:
    match = re.search(r"\d+", field)
    return int(match.group()) if match else 0


def _describe(uploads: list[UploadedFile], body: Any) -> None:
    """Put the alternative texts, which come in the JSON, with their files."""
    data = body.get("data") if isinstance(body, dict) else None
    listed = (data or body or {}).get("attachments") if isinstance(body, dict) else None
    for item in listed or []:
        index = str(item.get("id", ""))
        if index.isdecimal() and int(index) < len(uploads):
            uploads[int(index)].description = item.get("description")
