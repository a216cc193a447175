"""A room's day at a glance: how many replies needed help, what failed, what it cost. Pure.

It names no person and quotes nobody, so that it can stay when somebody is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import discord

from bot.domain import Room
from bot.domain.ratings import RatingKind
from bot.reports.days import DayShare, say_share
from cogs.evaluation_room.card import Card, render_worst

MOST_TURNS: Final = 3
"""Turns that are worth a look."""
PICTURE: Final = "days.png"
QUIET: Final = 0x5865F2


@dataclass(frozen=True, slots=True)
class DayDigest:
    """What a digest tells of the 24 hours up to ``until``."""

    until: datetime
    share: DayShare | None
    """None where no reply was scored."""
    withheld: int
    not_scored: int
    ratings: Sequence[RatingKind]
    """People's ratings of the day's replies."""
    calls: int
    cost: float | None
    """None where no price is known."""
    worth_a_look: Sequence[Card]


def render_day(room: Room, digest: DayDigest, *, picture: bool) -> discord.Embed:
    """Return the digest as an embed; with a ``picture`` it shows the file of that name."""
    lines = [
        say_share(digest.share) if digest.share else "No reply was scored.",
        _failures(digest),
        _agreement(digest.ratings),
        _cost(digest),
        "",
        *_worth_a_look(digest.worth_a_look),
    ]
    embed = discord.Embed(
        title="☀️ The last day",
        description="\n".join([f"<#{room.id}>", *lines]),
        colour=QUIET,
        timestamp=digest.until,
    )
    return embed.set_image(url=f"attachment://{PICTURE}") if picture else embed


def _failures(digest: DayDigest) -> str:
    failed = ((digest.withheld, "⛔ {} withheld"), (digest.not_scored, "⚪ {} not scored"))
    named = [text.format(count) for count, text in failed if count]
    return " · ".join(named) or "Nothing failed."


def _agreement(ratings: Sequence[RatingKind]) -> str:
    """Return how people who rated the day's replies saw their scores."""
    counts = Counter(ratings)
    if not counts:
        return "👥 Nobody has rated these replies yet."
    tally = " · ".join(f"{counts[kind]} {kind.value}" for kind in RatingKind if counts[kind])
    agreed = counts[RatingKind.AGREE]
    return f"👥 People agreed with the Critic in {agreed} of {len(ratings)} ratings: {tally}"


def _cost(digest: DayDigest) -> str:
    calls = f"{digest.calls:,} calls to models"
    return calls if not digest.cost else f"${digest.cost:.2f} for {calls}"


def _worth_a_look(cards: Sequence[Card]) -> list[str]:
    if not cards:
        return ["Nothing needs a look."]
    return ["**Worth a look**", *map(_line, cards)]


def _line(card: Card) -> str:
    number = f"#{card.turn.number}"
    reply = f"[{number}]({card.reply_link})" if card.reply_link else number
    return f"{card.look.mark} **{reply}** {card.headline.value}{render_worst(card)}"
