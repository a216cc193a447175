"""People's and models' words, made safe to show in Discord.

Shown text must not ping, link under a false name, swallow what stands after it, or hide what it
says. Nothing here is needed for prompts: those have their own rules (`bot.text.prompt_safety`).
"""

from __future__ import annotations

from typing import Final

import discord

from bot.text.discord_safety import BREAK, JOINERS, MOST_MARKS, make_harmless, readable_text
from bot.text.headings import without_headings
from bot.text.moderator_texts import say
from bot.text.prompt_safety import is_reserved

__all__ = [
    "BREAK",
    "MOST_MARKS",
    "agents_words",
    "display_name",
    "literal",
    "make_harmless",
    "member_name",
    "on_one_line",
    "quoted",
    "readable_text",
    "reply_name",
    "shortened",
    "shown_name",
]  # fmt: skip

SIMULATED: Final = "🎭"
"""The mark of whatever comes of a simulation: no person said it, or was answered."""
MOST_NAME: Final = 32
"""Characters of a display name, which is Discord's bound."""


def literal(text: str, limit: int) -> str:
    """Return a person's words as typed: no markup works; cut at about ``limit`` characters."""
    return discord.utils.escape_markdown(shortened(make_harmless(text), limit))


def agents_words(text: str) -> str:
    """Return an agent's words for moderators: harmless, and no line like a heading of ours."""
    return without_headings(make_harmless(text))


def quoted(text: str, limit: int) -> str:
    """Return a person's words as a Discord quote, literal, cut at about ``limit`` characters."""
    return "\n".join(f"> {line}" for line in literal(text, limit).split("\n"))


def on_one_line(text: str, limit: int) -> str:
    """Return a person's words on one line, literal, cut at about ``limit`` characters."""
    return literal(" ".join(text.split()), limit)


def display_name(text: str) -> str:
    """Return a display name on one line, at most 32 characters; ``someone`` if nothing is left."""
    name = " ".join(readable_text(text).split())[:MOST_NAME].rstrip()
    return name if name.strip(JOINERS) else "someone"


def shown_name(text: str) -> str:
    """Return a display name ready to be shown: one line, no markup, no mention."""
    return literal(display_name(text), MOST_NAME * 2)


def member_name(text: str) -> str:
    """Return a member's name ready to be shown, marked where it reads like an agent's."""
    name = shown_name(text)
    return say("{name} (member)", name=name) if is_reserved(text) else name


def shortened(text: str, limit: int) -> str:
    """Return ``text``, or its start with an ellipsis, in at most ``limit`` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    word_end = cut.rfind(" ")
    # A cut between words reads better, unless the last word is most of the text.
    return (cut[:word_end] if word_end > limit * 2 // 3 else cut).rstrip() + "…"


def reply_name(number: int) -> str:
    """Return what people call the reply of that number: ``reply #12``."""
    return say("reply #{number}", number=number)
