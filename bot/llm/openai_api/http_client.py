"""Requests to an endpoint: what it sends back is bounded, and it sends us nowhere else.

Over aiohttp, which comes with discord.py: a call costs a fifth of the processor time that OpenAI's
own client takes, and that client's types some 20 MB. Of its dialect nothing is needed here but
two paths; what is sent and read there is this package's anyway.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes of an answer, unpacked: the vectors of some hundred texts, and more than any talk."""
CHUNK: Final = 65_536
KEPT_SECONDS: Final = 5.0
"""How long a connection is kept for the next call: no longer than most servers keep it."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_SUCCESS: Final = range(200, 300)
_ANY_WINDOW: Final = 32 + zlib.MAX_WBITS
"""Of gzip and zlib alike, as its first bytes say."""


class RequestFailed(Exception):
    """The base of what a request ends with in place of a body."""


class NoAnswer(RequestFailed):
    """The error of a request that got no whole answer; ``why`` is a word for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NoAnswerInTime(NoAnswer):
    """The error of a request that nothing answered in time."""


class BodyTooLarge(NoAnswer):
    """The error of an answer of more than `MAX_BODY` bytes, which is not read to its end."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What an endpoint says in the body of an error; ``message`` may quote a prompt or a key."""

    code: str = ""
    type: str = ""
    param: str = ""
    message: str = ""


class StatusRefused(RequestFailed):
    """The error of an HTTP status that is no success."""

    def __init__(self, status: int, headers: Mapping[str, str], refusal: Refusal) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.headers = headers
        self.refusal = refusal


class HttpClient:
    """The client of one address and key: its connections are kept, and no redirect is followed.

    A redirect would hand the whole prompt to whoever it names.
    """

    def __init__(self, base_url: str, key: str, *, timeout: float, connect: float) -> None:
        """Take the address; ``timeout`` is for an answer, ``connect`` for a handshake, seconds."""
        self._base = base_url.rstrip("/")
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
        }
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=timeout)
        self._proxy = _proxy_to(base_url)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: Mapping[str, Any]) -> bytes:
        """Send ``body`` in JSON, and return the answer's body; raises one of `RequestFailed`."""
        said = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return await self._request("POST", path, said.encode())

    async def get(self, path: str) -> bytes:
        """Return the body of the answer; raises one of `RequestFailed`."""
        return await self._request("GET", path, None)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def _request(self, method: str, path: str, data: bytes | None) -> bytes:
        try:
            async with self._opened().request(
                method,
                self._base + path,
                data=data,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                body = await _read(response)
        except TimeoutError as error:  # of a socket: whoever called has a clock of their own
            raise NoAnswerInTime(type(error).__name__) from error
        except (aiohttp.ClientError, OSError, zlib.error) as error:
            raise NoAnswer(type(error).__name__) from error
        if response.status not in _SUCCESS:
            raise StatusRefused(response.status, response.headers, _refusal(body, response.status))
        return body

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, which belongs to the loop that it is first used in."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=self._timeout,
                auto_decompress=False,
            )
        return self._session


def _proxy_to(base_url: str) -> str | None:
    """Return the environment's proxy; calls to this machine keep away from it."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if host in _LOOPBACK or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, unpacked: never more of it is in memory than is allowed."""
    packed = response.headers.get("Content-Encoding", "identity").lower() != "identity"
    unpacker = zlib.decompressobj(_ANY_WINDOW) if packed else None
    parts: list[bytes] = []
    size = 0
    async for chunk in response.content.iter_chunked(CHUNK):
        part = unpacker.decompress(chunk, MAX_BODY + 1) if unpacker else chunk
        size += len(part)
        if size > MAX_BODY:
            response.close()
            raise BodyTooLarge(f"more than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)


def _refusal(body: bytes, status: int) -> Refusal:
    """Return what an error's body says, in the forms that endpoints give it."""
    text = body.decode(errors="replace").strip()
    try:
        said = json.loads(text)
    except ValueError:
        return Refusal(message=text or f"Error code: {status}")
    inner = said.get("error", said) if isinstance(said, dict) else said
    named = inner if isinstance(inner, dict) else {}
    words = {name: str(named.get(name) or "") for name in ("code", "type", "param")}
    return Refusal(**words, message=f"Error code: {status} - {said}")
