"""Text made harmless in Discord: what would ping, jump or deceive goes. No I/O.

Shown text must not ping, jump, invite, link under a false name, or hide what it says. Code keeps
its looks: what is put into a text here cannot be seen, and stands only where markup would be.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

BREAK: Final = "\u200b"
"""A zero-width space: takes the meaning from Discord's markup and leaves the letters."""
MOST_MARKS: Final = 4
"""Most combining marks shown on one letter: more than any script needs, fewer than zalgo's."""

JOINERS: Final = "\u200c\u200d"  # some scripts and many emoji are spelled with them
_EMOJI: Final = re.compile(r"<a?(:\w{1,32}:)\d{15,20}>")
_COMMAND: Final = re.compile(r"<(/[^:<>]{1,100}):\d{15,20}>")
_MARKUP: Final = re.compile(r"<(?=@[!&]?\d|#\d|/[^<>:]{1,100}:\d|id:)")
_EVERYONE: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
# Whether something is code is not asked: a bracket or a star before it can make it text again.
_MASKED: Final = re.compile(r"\](?=\(\s*<?\s*[a-z][a-z0-9+.-]{1,30}\\?:\\?/)", re.IGNORECASE)
_INVITE: Final = re.compile(r"(?<=discord)(?=(?:app)?\.(?:gg|com/+invite)/)", re.IGNORECASE)


def readable_text(text: str) -> str:
    """Return ``text`` less invisible characters and piled-up marks; emoji as ``:name:``."""
    text = _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", unicodedata.normalize("NFC", text)))
    characters: list[str] = []
    marks = 0
    for character in text.replace("\r\n", "\n"):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            characters.append(_visible(character))
    return "".join(characters).strip()


def _visible(character: str) -> str:
    if character in "\n\t" or character in JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return "\n"
    return "" if category in ("Cc", "Cf", "Cs", "Co") else character


def make_harmless(text: str) -> str:
    """Return ``text`` with nothing in it that pings, jumps, invites, or links under a false name.

    Other markup works. A masked link reads as it was written, so that its address is seen.
    """
    text = _MARKUP.sub(f"<{BREAK}", readable_text(text))
    text = _EVERYONE.sub(f"@{BREAK}", text)
    text = _INVITE.sub(BREAK, text)
    return _MASKED.sub(f"]{BREAK}", text)
