"""The files that messages carry, served on loopback under signed addresses."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import struct
from typing import Any
from urllib.parse import quote

from simcord.backend.cdn import CdnStore

PREFIX = "/files"


class FileStore(CdnStore):
    """Simcord's store of uploads, with addresses that can be fetched.

    An address carries a signature, so that a file of a private thread cannot be had by guessing.
    ``base`` is the server's own address; it is known once the server listens.
    """

    def __init__(self, *, secret: str | None = None) -> None:
        super().__init__()
        self.base = "http://127.0.0.1:0"
        self.secret = secret or secrets.token_hex(16)
        self.blobs: dict[str, bytes] = {}
        """Content by path, ``/files/channel/id/name``."""

    def store_attachment(
        self,
        attachment_id: int,
        channel_id: int,
        filename: str,
        data: bytes,
        description: str | None,
    ) -> dict[str, Any]:
        """Keep a file and return it as Discord describes an attachment."""
        name = make_safe_name(filename)
        path = f"{PREFIX}/{channel_id}/{attachment_id}/{quote(name)}"
        self.blobs[path] = bytes(data)
        stored = super().store_attachment(attachment_id, channel_id, name, b"", description)
        self._blobs.clear()  # simcord's own copy, under an address nobody can fetch
        url = self.address(path)
        stored.update(size=len(data), url=url, proxy_url=url)
        size = read_png_size(data)
        if size is not None:
            stored.update(width=size[0], height=size[1])
        return stored

    def address(self, path: str) -> str:
        """Return the full address of a stored path."""
        return f"{self.base}{path}?hm={self.signature(path)}"

    def signature(self, path: str) -> str:
        """Return the signature that proves that an address was given out, not guessed."""
        return hmac.new(self.secret.encode(), path.encode(), hashlib.sha256).hexdigest()[:32]

    def fetch(self, path: str, signature: str) -> bytes | None:
        """Return a file's content, or None where there is none or the signature is wrong."""
        if not hmac.compare_digest(signature.encode(), self.signature(path).encode()):
            return None
        return self.blobs.get(path)

    def path_of(self, url: str) -> str | None:
        """Return the stored path behind an address given out, also by an earlier run."""
        match = re.search(rf"{PREFIX}/\d+/\d+/[^?/]+", url)
        return match.group() if match and match.group() in self.blobs else None


def make_safe_name(filename: str) -> str:
    """Return a file name as Discord keeps it: no folders, no control characters, spaces joined."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    name = re.sub(r"\s+", "_", re.sub(r"[\x00-\x1f\x7f]", "", name))
    return name.strip("._")[-200:] or "file"


def read_png_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG picture in pixels, None for anything else."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return int(width), int(height)
