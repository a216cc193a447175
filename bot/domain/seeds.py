"""Seeds of single pieces of work, the same whatever is done before or beside."""

from __future__ import annotations

import zlib


def piece_seed(*parts: object) -> int:
    """Return a seed made of what a piece is, in 31 bits: what every endpoint takes."""
    return zlib.crc32(repr(parts).encode()) & 0x7FFFFFFF
