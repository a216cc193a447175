"""How replies that were looked for are listed: a line each, and a button to open each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import discord

from bot.domain import Room, Turn, TurnState
from bot.domain.search import FoundPage, FoundTurn
from bot.rooms.evaluation.kept_words import explain_gone, is_kept
from bot.text.moderator_texts import Later, say
from cogs.shared.links import to_message, to_reply
from cogs.shared.text import on_one_line, shortened, shown_name

MOST_SAID: Final = 70
"""Characters of what was said and of what was sent, in a line."""
MOST_DESCRIPTION: Final = 4096
COLOUR: Final = 0x5865F2
OUTCOMES: Final = {
    TurnState.WITHHELD: Later("⛔ withheld"),
    TurnState.HELPED: Later("🆘 help given"),
    TurnState.GATED: Later("⏳ held"),
}


def render_found(room: Room, page: FoundPage, words: str) -> discord.Embed:
    """Return a page of replies; its footer keeps the words for the next page."""
    lines = [render_line(room, one) for one in page.found] or [say("No reply matches.")]
    text = "\n".join([f"<#{room.id}>", *lines, *_reach(page)])
    embed = discord.Embed(description=shortened(text, MOST_DESCRIPTION), colour=COLOUR)
    if words:
        embed.set_footer(text=words)
    return embed


def render_line(room: Room, found: FoundTurn, *, scores: bool = True) -> str:
    """Return a reply on a line: number with a link, when, who said what, what was sent."""
    turn = found.turn
    parts = [
        f"**{number_link(room, turn)}**",
        f"<t:{int(turn.created_at.timestamp())}:f>",
        _said(found),
    ]
    if scores and found.worst is not None:
        parts.append(say("worst score {worst}", worst=found.worst))
    if turn.state in OUTCOMES:
        parts.append(say(OUTCOMES[turn.state]))
    return " · ".join(parts)


def number_link(room: Room, turn: Turn) -> str:
    """Return a reply's number, as a link to it, or else to what it was to answer."""
    link = to_reply(room, turn)
    if link is None and turn.message_ids:
        link = to_message(room.guild_id, room.id, turn.message_ids[-1])
    return f"[#{turn.number}]({link})" if link else f"#{turn.number}"


def _said(found: FoundTurn) -> str:
    last = found.asked[-1] if found.asked else None
    said = _words(last.speaker, last.text) if last is not None and is_kept(last) else ""
    if gone := explain_gone(found.turn, found.asked):
        return " · ".join(filter(None, [said, gone]))
    reply = on_one_line(found.turn.reply or "", MOST_SAID)
    return f"{said} → {reply}" if reply else said


def _words(speaker: str, text: str) -> str:
    return f"{shown_name(speaker)}: {on_one_line(text, MOST_SAID)}"


def _reach(page: FoundPage) -> Sequence[str]:
    """Say how far back was looked."""
    if page.back_to is None:
        return []
    further = say(" *Older* looks further back.") if page.older is not None else ""
    return [
        say(
            "-# looked back to <t:{back_to}:f>.{further}",
            back_to=int(page.back_to.timestamp()),
            further=further,
        )
    ]
