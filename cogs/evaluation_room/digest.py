"""A digest or rolling list: a line a turn, and a menu to open the card of one. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import discord

from bot.domain import Room
from bot.domain.ratings import Digest
from bot.rooms.evaluation.headline import Headline
from bot.text.moderator_texts import say, say_reason
from cogs.evaluation_room.card import Card, render_asked, render_empathetic, render_worst
from cogs.shared.counts import replies
from cogs.shared.text import SIMULATED, on_one_line, reply_name, shortened

MOST_ASKED: Final = 70
"""Characters of what each turn answered, and of why it was withheld, if there is room for them."""
MOST_HEADING: Final = 30
MOST_DESCRIPTION: Final = 4096
MOST_FOOTER: Final = 500
QUIET: Final = 0x5865F2
"""The colour of a digest, which is no state of its own."""


def render_digest(room: Room, digest: Digest, cards: Sequence[Card]) -> discord.Embed:
    """Return the digest as an embed within Discord's bounds."""
    embed = render_list(room, cards, digest.made_at)
    trusts = dict.fromkeys(card.trust for card in cards if card.trust)
    if trusts:
        embed.set_footer(
            text=shortened(
                say("trust in the Critic: {trust}", trust="; ".join(trusts)), MOST_FOOTER
            )
        )
    return embed


def render_list(room: Room, cards: Sequence[Card], began_at: datetime) -> discord.Embed:
    """Return the lines of several turns as an embed within Discord's bounds."""
    return discord.Embed(
        title=f"📋 {replies(len(cards))}",
        description=shortened(f"<#{room.id}>\n" + "\n".join(_lines(cards)), MOST_DESCRIPTION),
        colour=QUIET,
        timestamp=began_at,
    )


def digest_select(digest: Digest, cards: Sequence[Card]) -> discord.ui.Select[Any]:
    """Return the menu that opens a turn's card; `DigestPick` answers it."""
    return _select(f"digest:{digest.id}", cards)


def list_select(list_id: int, cards: Sequence[Card]) -> discord.ui.Select[Any]:
    """Return the same menu for a rolling list; `ListPick` answers it."""
    return _select(f"lines:{list_id}", cards)


def day_select(until: datetime, cards: Sequence[Card]) -> discord.ui.Select[Any]:
    """Return the same menu for the turns of a day that are worth a look."""
    return _select(f"digest:{int(until.timestamp())}", cards)


def _select(custom_id: str, cards: Sequence[Card]) -> discord.ui.Select[Any]:
    return discord.ui.Select(
        custom_id=custom_id,
        placeholder=say("Open a card"),
        options=[card_option(card) for card in cards[:25]],
    )


def card_option(card: Card) -> discord.SelectOption:
    """Return the choice of a menu that opens a card."""
    name = reply_name(card.turn.number)
    simulated = f"{SIMULATED} " if card.simulated else ""
    label = f"{simulated}{name[:1].upper()}{name[1:]} · {say(card.headline.value)}"
    return discord.SelectOption(
        label=f"{label}{render_worst(card)}",
        value=str(card.turn.id),
        emoji=card.look.mark,
    )


def _lines(cards: Sequence[Card]) -> list[str]:
    """Return a line a turn; what was said gets an equal share of the room that the rest leaves."""
    heads = [_head(card) for card in cards]
    left = MOST_DESCRIPTION - MOST_HEADING - sum(len(head) + 1 for head in heads)
    share = left // max(1, len(cards))
    return [head + shortened(_said(card), share) for head, card in zip(heads, cards, strict=True)]


def _head(card: Card) -> str:
    number = f"#{card.turn.number}"
    reply = f"[{number}]({card.reply_link})" if card.reply_link else number
    figures = f"{render_worst(card)}{render_empathetic(card)}"
    return f"{card.mark} **{reply}** {say(card.headline.value)}{figures}"


def _said(card: Card) -> str:
    words = render_asked(card, MOST_ASKED)
    if card.gone:
        return f" · {' · '.join(filter(None, [words, card.gone]))}"
    if card.headline is not Headline.WITHHELD:
        return f" · {words}"
    why = say_reason(card.turn.withheld_because or "") or say("unknown")
    return f" · {words} · {on_one_line(why, MOST_ASKED)}"
