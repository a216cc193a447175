"""Agents' words shown to moderators: no line of them passes for a heading of the thread."""

from __future__ import annotations

import re
from typing import Final

from bot.text.reader_view import folded

_MARKED: Final = re.compile(
    r"[*_#\u00b7]|[\U0001f6cb\U0001f916\U0001f9d1\U0001f4dd\u2705\u26d4\U0001f9ed]"
)
_HEADING: Final = re.compile(
    r"^\W*(?:(?:therapist|chatbot|critic|moderator|member|user|draft|reply|turn \d+|guidance)\b"
    r"|no reply was sent)"
)
_MARKUP: Final = re.compile(r"[^\w\s.,;:!?'\"()\u00b7-]+")
_SMALL_PRINT: Final = re.compile(r"^\s*-#", re.MULTILINE)


def without_headings(text: str) -> str:
    """Return agents' words with each line that reads like a heading of the thread in quotes.

    Small print, in which the thread notes what a speaker feels, wants and decides, is plain too.
    """
    lines = (_plain(line) if _is_heading(line) else line for line in text.split("\n"))
    return _SMALL_PRINT.sub(r"\\-#", "\n".join(lines))


def _is_heading(line: str) -> bool:
    return bool(_MARKED.search(line)) and bool(_HEADING.match(folded(line)))


def _plain(line: str) -> str:
    return f"\u201c{' '.join(_MARKUP.sub(' ', line).split())}\u201d"
