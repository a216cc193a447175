"""The compression of gateway messages: a stream a connection, flushed after each message."""

from __future__ import annotations

import zlib
from typing import Protocol

import zstandard


class Compressor(Protocol):
    """A way from a message's text to what goes over the socket."""

    def pack(self, text: str) -> str | bytes:
        """Return the message as a text or binary frame."""
        ...


class Uncompressed:
    """No compression: text frames."""

    def pack(self, text: str) -> str | bytes:
        """Return the text itself."""
        return text


class ZlibStream:
    """``compress=zlib-stream``: each message ends with Z_SYNC_FLUSH's mark."""

    def __init__(self) -> None:
        self._stream = zlib.compressobj()

    def pack(self, text: str) -> str | bytes:
        """Return the next piece of the stream."""
        return self._stream.compress(text.encode()) + self._stream.flush(zlib.Z_SYNC_FLUSH)


class ZstdStream:
    """``compress=zstd-stream``: one frame for the connection, a flushed block each message."""

    def __init__(self) -> None:
        self._stream = zstandard.ZstdCompressor().compressobj()

    def pack(self, text: str) -> str | bytes:
        """Return the next piece of the stream."""
        piece = self._stream.compress(text.encode())
        return piece + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)


def compressor_for(asked: str | None) -> Compressor:
    """Return the compressor for the ``compress`` of a gateway address."""
    if asked == "zlib-stream":
        return ZlibStream()
    if asked == "zstd-stream":
        return ZstdStream()
    return Uncompressed()
