"""Seeds of model calls."""

from __future__ import annotations

import zlib


def derive_seed(*parts: object) -> int:
    """Return a seed made of what it is for, in 31 bits: what every endpoint takes."""
    return zlib.crc32(repr(parts).encode()) & 0x7FFFFFFF
