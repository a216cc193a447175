"""The way of an endpoint's requests: what it sends back is bounded.

By aiohttp, which is there for Discord: httpx2's own way brings another HTTP implementation along,
and a call takes twice the function calls.
"""

from __future__ import annotations

import asyncio
from io import BytesIO
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import yarl

MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes of an answer, unpacked: the vectors of some hundred texts, and more than any talk."""
UNPACKED: Final = "gzip, deflate"
"""What answers may be packed as: aiohttp unpacks these whatever else is installed."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PACKED: Final = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
_LARGE: Final = 1024 * 1024
"""Bytes of a request from which aiohttp wants it in parts."""
_MOST_HEADER: Final = 65_536
"""Bytes of one header: a gateway's policy beside an answer may be more than aiohttp's 8 KB."""
_MOST_HEADERS: Final = 1_000
_KEPT_SECONDS: Final = 5.0
"""How long a connection is kept for the next call: many servers end it soon after."""
_MEANINGS: Final[tuple[tuple[type[Exception], type[httpx2.TransportError]], ...]] = (
    (aiohttp.ConnectionTimeoutError, httpx2.ConnectTimeout),
    (TimeoutError, httpx2.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx2.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx2.ProxyError),
    (aiohttp.ClientConnectorError, httpx2.ConnectError),
    (aiohttp.ServerDisconnectedError, httpx2.RemoteProtocolError),
    (aiohttp.ClientConnectionError, httpx2.ReadError),
    (aiohttp.ClientError, httpx2.RemoteProtocolError),  # what is no HTTP, or cut off
)
"""What goes wrong, by what it is for whoever sent the request; the first that fits."""


class BodyTooLarge(httpx2.TransportError):
    """An answer of more than `MAX_BODY` bytes, which is not read to its end."""


class BoundedTransport(httpx2.AsyncBaseTransport):
    """Sends requests to one address, and reads at most `MAX_BODY` bytes of each answer."""

    def __init__(self, base_url: str) -> None:
        """Take the address: calls to this machine keep away from a proxy of the environment."""
        self._proxy = _proxy_to(base_url)
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request and read its answer; raise a TransportError where that does not work."""
        session = self._session = self._session or _session()
        await _see_what_is_closed()
        timeouts = request.extensions["timeout"]
        body, url = request.content, yarl.URL(str(request.url), encoded=True)
        try:
            async with session.request(
                request.method,
                url.with_user(None),  # the headers have them by now
                headers=request.headers.multi_items(),
                data=BytesIO(body) if len(body) > _LARGE else body or None,
                allow_redirects=False,  # it would hand the whole prompt to whoever it names
                proxy=self._proxy,
                timeout=aiohttp.ClientTimeout(
                    connect=timeouts["connect"], sock_read=timeouts["read"]
                ),
            ) as answer:
                return httpx2.Response(
                    answer.status,
                    headers=[
                        header for header in answer.raw_headers if header[0].lower() not in _PACKED
                    ],
                    content=await _read(answer.content),
                )
        except (aiohttp.ClientError, TimeoutError) as error:
            meaning = next(meaning for kind, meaning in _MEANINGS if isinstance(error, kind))
            raise meaning(str(error), request=request) from error

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()


def _proxy_to(base_url: str) -> str | None:
    """Return the environment's proxy for an address, as most programs read it: also without http://.

    NO_PROXY may name the host alone, or with its port.
    """
    address = urlsplit(base_url)
    host, host_and_port = address.hostname or "", address.netloc.rpartition("@")[2]
    if host in _LOOPBACK or proxy_bypass(host) or proxy_bypass(host_and_port):
        return None
    proxies = getproxies()
    proxy = proxies.get(address.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _session() -> aiohttp.ClientSession:
    """Make a session, which has to be within the loop; how many calls there are, a queue says."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        max_field_size=_MOST_HEADER,
        max_headers=_MOST_HEADERS,
    )


async def _see_what_is_closed() -> None:
    """Let the loop see which connections at rest their servers have closed meanwhile.

    A busy one has yet to look, and a request by such a connection would be lost. What has come in
    is found by one round of the loop, and heard by the next.
    """
    for _ in range(2):
        await asyncio.sleep(0)


async def _read(content: aiohttp.StreamReader) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in content.iter_any():
        size += len(part)
        if size > MAX_BODY:
            raise BodyTooLarge(f"more than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)
