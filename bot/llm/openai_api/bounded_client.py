"""The HTTP client of an endpoint: what it sends back is bounded, and it sends us nowhere else."""

from __future__ import annotations

from typing import Any, Final

import httpx2
import openai

MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes of an answer, unpacked: the vectors of some hundred texts, and more than any talk."""
_PACKED: Final = ("content-encoding", "content-length", "transfer-encoding")


class BodyTooLarge(httpx2.TransportError):
    """An answer of more than `MAX_BODY` bytes, which is not read to its end."""


class BoundedClient(openai.DefaultAsyncHttpxClient):
    """A client that reads at most `MAX_BODY` bytes, and follows no redirect.

    A redirect would hand the whole prompt to whoever it names.
    """

    def __init__(self, **options: Any) -> None:
        """Take the options of the client that it is based on."""
        super().__init__(follow_redirects=False, **options)

    async def send(
        self, request: httpx2.Request, *, stream: bool = False, **options: Any
    ) -> httpx2.Response:
        """Send a request; raise BodyTooLarge where the answer is."""
        response = await super().send(request, stream=True, **options)
        if stream:
            return response
        try:
            body = await _read(response)
        finally:
            await response.aclose()
        headers = [
            (name, value)
            for name, value in response.headers.multi_items()
            if name.lower() not in _PACKED
        ]
        return httpx2.Response(
            response.status_code,
            headers=headers,
            content=body,
            request=request,
            extensions=response.extensions,
        )


async def _read(response: httpx2.Response) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.aiter_bytes(chunk_size=65_536):
        size += len(part)
        if size > MAX_BODY:
            raise BodyTooLarge(f"more than {MAX_BODY} bytes")
        parts.append(part)
    return b"".join(parts)
