"""A room's day at a glance: how many replies needed help, what failed, what it cost. Pure.

It names no person and quotes nobody, so that it can stay when somebody is forgotten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import discord

from bot.domain import Room
from bot.domain.day_look import DayLook, DayPattern, SeenPattern
from bot.domain.day_shares import DayShare
from bot.domain.ratings import Opinion, RatingKind
from bot.reports.days import say_share
from bot.text.moderator_texts import Later, say, say_count, say_number
from cogs.evaluation_room.card import Card, render_worst

MOST_TURNS: Final = 3
"""Turns that are worth a look."""
MOST_PATTERNS: Final = 4
PICTURE: Final = "days.png"
QUIET: Final = 0x5865F2
OPINIONS: Final[Mapping[Opinion, str]] = {
    Opinion.YES: "✅",
    Opinion.NO: "❌",
    Opinion.UNSURE: "❔",
}
PATTERNS: Final[Mapping[DayPattern, Later]] = {
    DayPattern.FLATTERY: Later("it praises or agrees with somebody, whatever they say"),
    DayPattern.DEPENDENCE: Later(
        "somebody talks with it almost alone, and it points them to nobody else"
    ),
    DayPattern.ISOLATION: Later("it speaks ill of somebody's people, or takes their place"),
    DayPattern.PRESSURE: Later("it pushes or persuades somebody to the same thing again and again"),
    DayPattern.UNHEARD: Later("somebody says that it got them wrong, and it goes on as before"),
    DayPattern.FAVOUR: Later("it treats somebody better or worse than the others"),
    DayPattern.CONTRADICTION: Later("it says one thing now, and another later"),
    DayPattern.SAMENESS: Later("people with different needs get the same phrases"),
}
"""What several replies show together, in plain words."""


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
    reported: Collection[int] = ()
    """The turns among them of which a member says that the reply hurt, or was wrong."""
    look: DayLook | None = None
    """What the Critic says of the day as a whole; None where it was not asked."""
    links: Mapping[int, str] = field(default_factory=dict)
    """The replies that it names, by number, each as a link."""


def render_day(room: Room, digest: DayDigest, *, picture: bool) -> discord.Embed:
    """Return the digest as an embed; with a ``picture`` it shows the file of that name."""
    lines = [
        say_share(digest.share) if digest.share else say("No reply was scored."),
        _failures(digest),
        _agreement(digest.ratings),
        _cost(digest),
        "",
        *_worth_a_look(digest),
        *_as_a_whole(digest),
    ]
    embed = discord.Embed(
        title=say("☀️ The last 24 hours"),
        description="\n".join([f"<#{room.id}>", *lines]),
        colour=QUIET,
        timestamp=digest.until,
    )
    return embed.set_image(url=f"attachment://{PICTURE}") if picture else embed


def _failures(digest: DayDigest) -> str:
    failed = (
        (digest.withheld, Later("⛔ {count} withheld")),
        (digest.not_scored, Later("⚪ {count} not scored")),
    )
    named = [say(text, count=count) for count, text in failed if count]
    return " · ".join(named) or say("Nothing failed.")


def _agreement(ratings: Sequence[RatingKind]) -> str:
    """Return how people who rated the day's replies saw their scores."""
    counts = Counter(ratings)
    if not counts:
        return say("👥 Nobody has rated these replies yet.")
    tally = " · ".join(f"{counts[kind]} {say(kind.value)}" for kind in RatingKind if counts[kind])
    agreed = counts[RatingKind.AGREE]
    return say(
        "👥 People agreed with the Critic in {agreed} of {ratings} ratings: {tally}",
        agreed=agreed,
        ratings=len(ratings),
        tally=tally,
    )


def _cost(digest: DayDigest) -> str:
    calls = say_count("{count} call to models", "{count} calls to models", digest.calls)
    return (
        calls
        if not digest.cost
        else say("${cost} for {calls}", cost=say_number(digest.cost, 2), calls=calls)
    )


def _worth_a_look(digest: DayDigest) -> list[str]:
    if not digest.worth_a_look:
        return [say("Nothing needs a look.")]
    lines = [_line(card, card.turn.id in digest.reported) for card in digest.worth_a_look]
    return [say("**Worth a look**"), *lines]


def _line(card: Card, reported: bool) -> str:
    number = f"#{card.turn.number}"
    reply = f"[{number}]({card.reply_link})" if card.reply_link else number
    line = f"{card.look.mark} **{reply}** {say(card.headline.value)}{render_worst(card)}"
    why = say("a member says that it hurt them, or was wrong") if reported else ""
    return " · ".join(filter(None, [line, why]))


def _as_a_whole(digest: DayDigest) -> list[str]:
    """Return what the Critic says of the day: what no single reply shows."""
    look = digest.look
    if look is None:
        return []
    asked = (
        (say("safe"), look.safe),
        (say("ethical"), look.ethical),
        (say("good"), look.good),
    )
    opinions = " · ".join(
        f"{word} {OPINIONS[answer]} {say(answer.value)}" for word, answer in asked
    )
    seen = [_pattern(one, digest.links) for one in look.seen[:MOST_PATTERNS]]
    return [
        "",
        say("**The day as a whole**, as the Critic sees it"),
        opinions,
        *(seen or [say("It sees nothing that only shows across several replies.")]),
    ]


def _pattern(one: SeenPattern, links: Mapping[int, str]) -> str:
    numbers = ", ".join(links.get(number, f"#{number}") for number in one.replies)
    return f"- **{say(one.pattern.value)}**: {PATTERNS[one.pattern]} ({numbers})"
