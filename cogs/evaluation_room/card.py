"""The score card of a turn: read in two seconds, before → after. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.domain import HARMS, Conversation, Evaluation, Scores, Subject, Turn, TurnState
from bot.domain.findings import finding_title
from bot.domain.ratings import Opinion, Rating, RatingKind, Verdict
from bot.domain.scores import EMPATHETIC
from bot.llm.protocol import Usage
from bot.rooms.evaluation.evaluation_room import of_subject
from cogs.shared.bars import before_and_after
from cogs.shared.text import on_one_line, shortened, shown_name
from cogs.therapy_room.transcript import speaker_and_words

CALM_BELOW: Final = 30
HARMFUL_FROM: Final = 60
"""Bounds of the card's colours on the worst of the three scores of what was said."""

MOST_ASKED: Final = 120
MOST_REASON: Final = 350
MOST_WHY: Final = 350
MOST_DESCRIPTION: Final = 4096
MOST_FIGURES: Final = 500
MOST_ADAPTER: Final = 80
MOST_RATED: Final = 8
MOST_FOUND: Final = 32
MOST_WHY_RATED: Final = 80
"""Characters of the parts, and people named. Even escaped they keep Discord's bounds."""
OPINIONS: Final = {Opinion.YES: "✅", Opinion.NO: "❌", Opinion.UNSURE: "❔"}


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a card: its mark, its word and its colour say the same."""

    mark: str
    word: str
    colour: int


CALM: Final = Look("🟢", "calm", 0x3BA55D)
UNEASY: Final = Look("🟠", "uneasy", 0xFAA61A)
HARMFUL: Final = Look("🔴", "harmful", 0xED4245)
NOT_SCORED: Final = Look("⚪", "not scored", 0x747F8D)
WITHHELD: Final = Look("⛔", "withheld", 0x9B59B6)
HELPED: Final = Look("🆘", "help given", 0xED4245)


@dataclass(frozen=True, slots=True)
class Card:
    """The things that a card shows.

    ``failure`` says why the Critic gave no scores, ``trust`` how far it can be trusted, and
    ``deleted_by`` who deleted the reply.
    """

    turn: Turn
    asked: Conversation
    evaluations: Sequence[Evaluation]
    failure: str | None
    usage: Usage
    reply_link: str | None = None
    thread_link: str | None = None
    verdict: Verdict | None = None
    ratings: Sequence[Rating] = ()
    trust: str = ""
    deleted_by: str = ""
    worked_on: Sequence[str] = ()
    """What the Therapist found in the turn's texts, by name."""

    @property
    def before(self) -> Evaluation | None:
        """Return the Critic's evaluation of the draft."""
        return of_subject(self.evaluations, Subject.DRAFT)

    @property
    def after(self) -> Evaluation | None:
        """Return the Critic's evaluation of the reply."""
        return of_subject(self.evaluations, Subject.REPLY)

    @property
    def helped(self) -> bool:
        """Return whether a fixed text with help took the place of a reply."""
        return self.turn.state is TurnState.HELPED

    @property
    def withheld(self) -> bool:
        """Return whether no reply was sent."""
        return self.turn.state is TurnState.WITHHELD


def render_card(card: Card) -> discord.Embed:
    """Return the card as an embed within Discord's bounds."""
    look = look_of(card)
    embed = discord.Embed(
        title=f"{look.mark} Turn {card.turn.id} · {look.word}{render_worst(card)}",
        description=shortened("\n".join(filter(None, _parts(card))), MOST_DESCRIPTION),
        colour=look.colour,
        timestamp=card.turn.replied_at or card.turn.created_at,
    )
    embed.set_footer(text=shortened(" · ".join(_figures(card)), MOST_FIGURES))
    return embed


def look_of(card: Card) -> Look:
    """Return the look of the turn's state."""
    if card.helped:
        return HELPED
    if card.withheld:
        return WITHHELD
    if card.after is None:
        return NOT_SCORED
    worst = card.after.scores.worst
    if worst < CALM_BELOW:
        return CALM
    return HARMFUL if worst >= HARMFUL_FROM else UNEASY


def render_worst(card: Card) -> str:
    """Return the worst score before and after, for a title."""
    if card.before is None or card.after is None:
        return ""
    return f" · {card.before.scores.worst} → {card.after.scores.worst}"


def render_empathetic(card: Card) -> str:
    """Return how empathetic draft and reply are, for a line; nothing where it was not measured."""
    sides = [one.scores.empathetic if one else None for one in (card.before, card.after)]
    if sides[0] is None or sides[1] is None:
        return ""
    return f" · {EMPATHETIC} {sides[0]} → {sides[1]}"


def _parts(card: Card) -> list[str]:
    return [
        _asked(card),
        _bars(card),
        _spread(card),
        _why_not(card),
        _worked_on(card),
        *_reasons(card),
        _verdict(card),
        _deleted(card),
        _links(card),
        _rated(card),  # last: it is what grows, and what is cut if all texts are at their worst
    ]


def _asked(card: Card) -> str:
    last = card.asked.asked[-1]
    more = len(card.asked.asked) - 1
    also = f" (and {more} more)" if more else ""
    return f"<#{card.turn.room_id}> {speaker_and_words(last.speaker, last.text, MOST_ASKED)}{also}"


def _bars(card: Card) -> str:
    before, after = (side.scores if side else None for side in (card.before, card.after))
    lines = before_and_after(before, after)
    return f"```\n{lines}\n```" if lines else ""


def _worked_on(card: Card) -> str:
    """Say what the Therapist worked on, where it found something."""
    named = ", ".join(on_one_line(finding_title(name), MOST_FOUND) for name in card.worked_on)
    return f"🛋️ **Worked on**: {named}" if named else ""


def _spread(card: Card) -> str:
    """Say how far the Critic's repeats lie apart, where there were several."""
    evaluations = filter(None, (card.before, card.after))
    spreads = [scored.scores.spread for scored in evaluations if scored.scores.spread]
    if not spreads:
        return ""
    named = (f"{scale} {' → '.join(str(by.get(scale, 0)) for by in spreads)}" for scale in HARMS)
    return f"-# the repeats lie apart by: {', '.join(named)}"


def _verdict(card: Card) -> str:
    if card.verdict is None:
        return ""
    verdict = card.verdict
    answers = (("safe", verdict.safe), ("ethical", verdict.ethical), ("good", verdict.good))
    opinions = " · ".join(f"{word} {OPINIONS[answer]} {answer.value}" for word, answer in answers)
    reason = on_one_line(verdict.reason, MOST_REASON)
    return f"**{opinions}**: {reason}" if reason else f"**{opinions}**"


def _rated(card: Card) -> str:
    """Say how many people rated the scores, and how."""
    if not card.ratings:
        return ""
    counts = Counter(rating.kind for rating in card.ratings)
    tally = " · ".join(f"{counts[kind]} {kind.value}" for kind in RatingKind if counts[kind])
    lines = [f"👥 **Rated by {_count(len(card.ratings), 'person', 'people')}**: {tally}"]
    lines.extend(f"-# {_one_rating(rating)}" for rating in card.ratings[:MOST_RATED])
    return "\n".join(lines)


def _one_rating(rating: Rating) -> str:
    numbers = " / ".join(str(value) for value in (rating.values or {}).values())
    why = on_one_line(rating.why, MOST_WHY_RATED)
    parts = [f"{shown_name(rating.by.name)}: {rating.kind.value}", numbers, why]
    return " · ".join(part for part in parts if part)


def _deleted(card: Card) -> str:
    return f"🗑️ {shown_name(card.deleted_by)} deleted the reply" if card.deleted_by else ""


def _why_not(card: Card) -> str:
    text = ""
    if card.helped:
        why = card.turn.withheld_because or "they may be in danger"
        text = f"**Help lines were given in place of a reply**: {on_one_line(why, MOST_WHY)}\n"
    if card.withheld:
        why = card.turn.withheld_because or "unknown"
        text = f"**No reply was sent**: {on_one_line(why, MOST_WHY)}\n"
    if card.failure:
        text += f"**Not scored**: {on_one_line(card.failure, MOST_WHY)}"
    return text.rstrip()


def _reasons(card: Card) -> list[str]:
    drafted = _reason("Of the draft", card.before.scores) if card.before else ""
    replied = _reason("Of the reply", card.after.scores) if card.after else ""
    unchanged = card.turn.draft == card.turn.reply
    return [replied] if unchanged else [drafted, replied]


def _reason(of_what: str, scores: Scores) -> str:
    reason = on_one_line(scores.reason, MOST_REASON)
    return f"**{of_what}**: {reason}" if reason else ""


def _links(card: Card) -> str:
    named = (("reply", card.reply_link), ("therapy", card.thread_link))
    return " · ".join(f"[{name}]({link})" for name, link in named if link)


def _figures(card: Card) -> list[str]:
    turn, usage = card.turn, card.usage
    scored = card.after or card.before
    figures = [f"Critic: {scored.scores.method} by {scored.model}"] if scored else []
    if scored and card.trust:
        figures.append(f"trust: {card.trust}")
    figures.append(_count(turn.round, "round"))
    figures.append(_count(usage.calls, "call"))
    if turn.replied_at:
        figures.append(f"{(turn.replied_at - turn.created_at).total_seconds():.1f} s")
    figures.append(f"{usage.prompt_tokens + usage.completion_tokens:,} tokens")
    if usage.cost is not None:
        figures.append(f"${usage.cost:.4f}")
    figures.extend(
        f"{agent.value} with adapter {shortened(name, MOST_ADAPTER)}"
        for agent, name in usage.adapters
    )
    figures.extend(
        f"{agent.value} by its fallback {shortened(name, MOST_ADAPTER)}"
        for agent, name in usage.fallbacks
    )
    return figures


def _count(number: int, noun: str, several: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {several or noun + 's'}"
