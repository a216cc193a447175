"""JSON Lines that stay lines: of whatever reads them, and whatever people wrote in them."""

from __future__ import annotations

from typing import Final

_LINE_ENDS: Final = {ord(end): f"\\u{ord(end):04x}" for end in "\x85\u2028\u2029"}
"""What ends a line for some readers, and is not escaped by JSON. It stands in strings alone."""


def json_line(document: str) -> str:
    """Return a JSON document, written without indent, as one line with its end."""
    return document.translate(_LINE_ENDS) + "\n"
