"""The cutting of a text into messages that fit, code blocks kept whole."""

from __future__ import annotations

import re
from typing import Final

MESSAGE_LIMIT: Final = 2000
"""Characters in one Discord message of a bot."""

FENCE: Final = re.compile(r"```(?:[\w+.#-]{1,20}(?=\n))?")
"""Three backticks, with the language where they open a block."""


def split_text(text: str, limit: int = MESSAGE_LIMIT) -> list[str]:
    """Cut a text into messages of at most ``limit`` characters.

    Cuts fall between paragraphs, lines or words where they can; a code block that is cut is
    closed in one message and opened again, in its language, in the next.
    """
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > limit:
        piece, rest = _cut(rest, limit)
        pieces.append(piece)
    if rest:
        pieces.append(rest)
    return pieces


def _cut(text: str, limit: int) -> tuple[str, str]:
    """Cut one message off the front of the text; return it and what remains."""
    room = limit - len("\n```")
    at = _break_before(text, room)
    piece, rest = text[:at].rstrip(), text[at:].lstrip("\n")
    fence = _open_fence(text[: at + 1])  # with the line's end, which tells a language from code
    if fence is None:
        return piece, rest.lstrip()
    if piece.endswith(fence) and piece != fence:  # nothing of the block is in this message
        return piece.removesuffix(fence).rstrip(), f"{fence}\n{rest}"
    return piece + "\n```", f"{fence}\n{rest}"


def _break_before(text: str, room: int) -> int:
    """Return the best place for a cut in the first ``room`` characters, in the last two thirds."""
    for separator in ("\n\n", "\n", " "):
        at = text.rfind(separator, room // 3, room)
        if at > 0:
            return at
    whole = text[:room].rstrip("`") if text.startswith("`", room) else text[:room]
    return len(whole) or room  # never within the marks of a code block


def _open_fence(piece: str) -> str | None:
    """Return the opening of the code block that ``piece`` leaves open, with its language."""
    fences = [match.group() for match in FENCE.finditer(piece)]
    return fences[-1] if len(fences) % 2 else None
