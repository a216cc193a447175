"""A digest: several turns at a glance, one line each, and a menu to open the card of one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import discord

from bot.domain import Room
from bot.judging import Digest
from cogs.cards import Card, look_of, worst_shown
from cogs.quoting import on_one_line, shortened
from cogs.transcript import speaker_and_words

MOST_ASKED: Final = 70
"""Characters of what each turn answered: 20 lines have to fit Discord's bound of a description."""
MOST_DESCRIPTION: Final = 4096
QUIET: Final = 0x5865F2
"""The colour of a digest, which is no state of its own."""


def digest_shown(room: Room, digest: Digest, cards: Sequence[Card]) -> discord.Embed:
    """The digest as an embed within Discord's bounds."""
    return discord.Embed(
        title=f"📋 {len(cards)} turn{'s' * (len(cards) != 1)}",
        description=shortened(
            f"<#{room.id}>\n" + "\n".join(_line(card) for card in cards), MOST_DESCRIPTION
        ),
        colour=QUIET,
        timestamp=digest.made_at,
    )


def digest_select(digest: Digest, cards: Sequence[Card]) -> discord.ui.Select[Any]:
    """The menu that opens a turn's card; `DigestPick` answers it."""
    return discord.ui.Select(
        custom_id=f"digest:{digest.id}",
        placeholder="Open a card",
        options=[
            discord.SelectOption(
                label=f"Turn {card.turn.id} · {look_of(card).word}{worst_shown(card)}",
                value=str(card.turn.id),
                emoji=look_of(card).mark,
            )
            for card in cards[:25]
        ],
    )


def _line(card: Card) -> str:
    look = look_of(card)
    turn = f"[{card.turn.id}]({card.reply_link})" if card.reply_link else f"{card.turn.id}"
    last = card.asked.asked[-1]
    said = speaker_and_words(last.speaker, last.text, MOST_ASKED)
    why = ""
    if card.withheld:
        why = f" · {on_one_line(card.turn.withheld_because or 'unknown', MOST_ASKED)}"
    return f"{look.mark} **{turn}** {look.word}{worst_shown(card)} · {said}{why}"
