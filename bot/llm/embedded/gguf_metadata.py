"""The texts in the head of a GGUF file: what it says of itself, read without its weights.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import os
import struct
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, Final

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_SIZES: Final = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
"""Bytes of a value, by its type: numbers and yes or no."""
_TEXT: Final = 8
_ARRAY: Final = 9
_MOST_ENTRIES: Final = 10_000
_MOST_ITEMS: Final = 10_000_000
_MOST_BYTES: Final = 1 << 24
"""Bounds beyond which a file is taken for broken; a vocabulary has some 150,000 items."""


def read_texts(path: Path, names: Collection[str]) -> dict[str, str]:
    """Return the entries of those names that are there and are texts.

    Raises ValueError where the file is no GGUF file or is cut off, OSError if it cannot be read.
    """
    with path.open("rb") as file:
        try:
            return _texts(file, names)
        except struct.error:
            raise ValueError("it is cut off") from None


def _texts(file: BinaryIO, names: Collection[str]) -> dict[str, str]:
    magic, version, _, entries = struct.unpack("<4sIQQ", file.read(24))
    if magic != _MAGIC or version not in _VERSIONS or entries > _MOST_ENTRIES:
        raise ValueError("it is no GGUF file of version 2 or 3")
    found = {}
    for _ in range(entries):
        name, kind = _text(file), _number(file, "<I")
        if kind == _TEXT and name in names:
            found[name] = _text(file)
        else:
            _skip(file, kind)
    return found


def _skip(file: BinaryIO, kind: int) -> None:
    """Go past a value; an array's items are texts or all of one size."""
    count = 1
    if kind == _ARRAY:
        kind, count = _number(file, "<I"), _number(file, "<Q")
        if count > _MOST_ITEMS:
            raise ValueError("it has a list without end")
    if kind == _TEXT:
        for _ in range(count):
            file.seek(_length(file), os.SEEK_CUR)
    elif kind in _SIZES:
        file.seek(_SIZES[kind] * count, os.SEEK_CUR)
    else:
        raise ValueError("it has a value of an unknown type")


def _text(file: BinaryIO) -> str:
    length = _length(file)
    data = file.read(length)
    if len(data) < length:
        raise ValueError("it is cut off")
    return data.decode("utf-8", "replace")


def _length(file: BinaryIO) -> int:
    length = _number(file, "<Q")
    if length > _MOST_BYTES:
        raise ValueError("it has a text without end")
    return length


def _number(file: BinaryIO, form: str) -> int:
    (number,) = struct.unpack(form, file.read(struct.calcsize(form)))
    return int(number)
