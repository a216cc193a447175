"""A turn's words for moderators: draft beside reply, and what was said in the session. Pure."""

from __future__ import annotations

from typing import Final

import discord

from bot.domain import Turn, TurnState, Utterance
from bot.reports.session_notes import WORDED_IN_CODE
from bot.text.moderator_texts import say
from cogs.shared.counts import rounds
from cogs.shared.text import agents_words, make_harmless, shortened
from cogs.therapy_room.transcript import MARKS

MOST_SIDE: Final = 1024
"""Characters of draft and reply beside each other: Discord's bound of a field."""
MOST_SESSION: Final = 3000
"""Characters of the session below them; the file has all of it."""


def render_sides(turn: Turn) -> discord.Embed:
    """Return the draft beside what was sent."""
    embed = discord.Embed(
        title=say("Reply #{number}", number=turn.number), timestamp=turn.created_at
    )
    embed.add_field(name=say("📝 Draft"), value=_side(turn.draft))
    same = turn.reply is not None and turn.reply == turn.draft
    sent = say("(the draft as it was)") if same else turn.reply
    title = say("✅ Reply") if turn.state is TurnState.SENT else say("⛔ Not sent")
    embed.add_field(name=title, value=_side(sent))
    return embed


def render_session(turn: Turn, session: tuple[Utterance, ...]) -> discord.Embed:
    """Return what was said in the session."""
    text = "\n\n".join(map(_spoken, session)) or say("Nothing was said.")
    return discord.Embed(
        title=say("The session · {rounds}", rounds=rounds(turn.round)),
        description=shortened(text, MOST_SESSION),
    )


def _spoken(said: Utterance) -> str:
    mark = f"\n-# {say(WORDED_IN_CODE)}" if said.worded_in_code else ""
    return f"{MARKS[said.speaker]} · {said.round}\n{agents_words(said.text)}{mark}"


def _side(text: str | None) -> str:
    return shortened(make_harmless(text or "") or say("(nothing)"), MOST_SIDE)
