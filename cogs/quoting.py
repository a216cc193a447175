"""People's and models' words, made safe to show in Discord.

Shown text must not ping, link under a false name, swallow what stands after it, or hide what it
says. Nothing here is needed for prompts: those have their own rules (`bot.untrusted`).
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import discord

BREAK: Final = "\u200b"
"""A zero-width space: takes the meaning from Discord's markup and leaves the letters."""
MOST_MARKS: Final = 4
"""Most combining marks shown on one letter: more than any script needs, fewer than zalgo's."""
MOST_NAME: Final = 32
"""Characters of a display name, which is Discord's bound."""

_JOINERS: Final = "\u200c\u200d"  # some scripts and many emoji are spelled with them
_MARKUP: Final = re.compile(r"<(?=@|#|/|id:)")
_EVERYONE: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_EMOJI: Final = re.compile(r"<a?(:\w{1,32}:)\d{15,20}>")
_COMMAND: Final = re.compile(r"<(/[^:<>]{1,100}):\d{15,20}>")


def readable(text: str) -> str:
    """``text`` without invisible characters and piled-up marks; custom emoji as ``:name:``."""
    text = _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", unicodedata.normalize("NFC", text)))
    kept: list[str] = []
    marks = 0
    for character in text.replace("\r\n", "\n"):
        marks = marks + 1 if unicodedata.category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            kept.append(_visible(character))
    return "".join(kept).strip()


def _visible(character: str) -> str:
    if character in "\n\t" or character in _JOINERS:
        return character
    category = unicodedata.category(character)
    if category in ("Zl", "Zp"):
        return "\n"
    return "" if category in ("Cc", "Cf", "Cs", "Co") else character


def defused(text: str) -> str:
    """``text`` with nothing in it that pings, jumps, or links under a false name."""
    text = _MARKUP.sub(f"<{BREAK}", readable(text))
    text = _EVERYONE.sub(f"@{BREAK}", text)
    return text.replace("](", f"]{BREAK}(")


def literal(text: str, limit: int) -> str:
    """A person's words as they typed them: no markup works; cut at about ``limit`` characters."""
    return discord.utils.escape_markdown(shortened(defused(text), limit))


def quoted(text: str, limit: int) -> str:
    """A person's words as a Discord quote, literal, cut at about ``limit`` characters."""
    return "\n".join(f"> {line}" for line in literal(text, limit).split("\n"))


def on_one_line(text: str, limit: int) -> str:
    """A person's words on one line, literal, cut at about ``limit`` characters."""
    return literal(" ".join(text.split()), limit)


def display_name(text: str) -> str:
    """A display name on one line, at most 32 characters; ``someone`` where nothing is left."""
    name = " ".join(readable(text).split())[:MOST_NAME].rstrip()
    return name if name.strip(_JOINERS) else "someone"


def shown_name(text: str) -> str:
    """A display name ready to be shown: one line, no markup, no mention."""
    return literal(display_name(text), MOST_NAME * 2)


def shortened(text: str, limit: int) -> str:
    """``text``, or its start with an ellipsis, in at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    word_end = cut.rfind(" ")
    # A cut between words reads better, unless the last word is most of the text.
    return (cut[:word_end] if word_end > limit * 2 // 3 else cut).rstrip() + "…"
