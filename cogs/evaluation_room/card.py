"""The card of a turn, read in two seconds: what was said, what was sent, one word. Pure.

All figures are behind *Show* (`cogs.evaluation_room.details`).

Cards that wait for one channel share a message, each with its row of buttons. They are embeds and
not Components V2: these allow 4,000 characters of text in a message where embeds have 6,000, so
that fewer cards would share one; a message cannot go back from them; and cards posted before,
which are embeds, could not be shown anew in their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import discord

from bot.domain import Conversation, Evaluation, Scores, Subject, Turn
from bot.domain.ratings import Rating, RatingKind, Verdict
from bot.domain.scores import EMPATHETIC
from bot.llm.protocol import Usage
from bot.rooms.evaluation.evaluation_room import of_subject
from bot.rooms.evaluation.headline import Findings, Headline, headline_of
from bot.rooms.evaluation.kept_words import explain_gone, is_kept
from bot.text.moderator_texts import say, say_reason
from cogs.shared.text import SIMULATED, member_name, on_one_line, reply_name, shortened, shown_name

MOST_ASKED: Final = 120
MOST_SENT: Final = 250
MOST_DRAFT: Final = 160
MOST_WHY: Final = 200
MOST_CARD: Final = 2000
"""Characters of the parts, and of all below the title."""


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a card: its mark and its colour say the same as its word."""

    mark: str
    colour: int


RED: Final = 0xED4245
ORANGE: Final = 0xFAA61A
GREY: Final = 0x747F8D
GREEN: Final = 0x3BA55D
LOOKS: Final = {
    Headline.HELPED: Look("🆘", RED),
    Headline.WITHHELD: Look("⛔", 0x9B59B6),
    Headline.HURTFUL: Look("🔴", RED),
    Headline.WRONG_LANGUAGE: Look("🟠", ORANGE),
    Headline.DISAGREE: Look("🟠", ORANGE),
    Headline.COLD: Look("🟠", ORANGE),
    Headline.NO_ANSWER: Look("⚪", GREY),
    Headline.NOT_FIXED: Look("🟠", ORANGE),
    Headline.DOUBTFUL: Look("🟠", ORANGE),
    Headline.CANNOT_TELL: Look("⚪", GREY),
    Headline.NOTHING_FOUND: Look("🟢", GREEN),
}


@dataclass(frozen=True, slots=True)
class Card:
    """The things that a card, and what is behind it, show.

    ``failure`` says why the Critic gave no scores, ``trust`` how far it can be trusted, and
    ``deleted_by`` who deleted the reply.
    """

    found: Findings
    asked: Conversation
    evaluations: Sequence[Evaluation]
    failure: str | None
    usage: Usage
    reply_link: str | None = None
    thread_link: str | None = None
    ratings: Sequence[Rating] = ()
    trust: str = ""
    deleted_by: str = ""
    worked_on: Sequence[str] = ()
    """What the Therapist found in the turn's texts, by name."""
    paused: bool = False
    """Whether the room was paused while it was answered, where that is looked up: for details."""
    discounted_return: float | None = None
    """What the talk came to from here on, where that is known and looked up: for details."""
    simulated: bool = False
    """Whether a model played the User."""

    @property
    def turn(self) -> Turn:
        """Return the turn that it is about."""
        return self.found.turn

    @property
    def verdict(self) -> Verdict | None:
        """Return what the Critic said of the conversation."""
        return self.found.verdict

    @property
    def before(self) -> Evaluation | None:
        """Return the Critic's evaluation of the draft."""
        return of_subject(self.evaluations, Subject.DRAFT)

    @property
    def after(self) -> Evaluation | None:
        """Return the Critic's evaluation of the reply."""
        return of_subject(self.evaluations, Subject.REPLY)

    @property
    def gone(self) -> str:
        """Return in a sentence that its words are no longer kept; empty while they are."""
        return explain_gone(self.turn, self.asked.asked)

    @property
    def headline(self) -> Headline:
        """Return its word: the worst of what was found."""
        return headline_of(self.found)

    @property
    def look(self) -> Look:
        """Return the look that goes with the word."""
        return LOOKS[self.headline]

    @property
    def mark(self) -> str:
        """Return the mark that goes with the word, with another one before it in a simulation."""
        return f"{SIMULATED} {self.look.mark}" if self.simulated else self.look.mark


def render_card(card: Card) -> discord.Embed:
    """Return the card as an embed within Discord's bounds."""
    name = reply_name(card.turn.number)
    return discord.Embed(
        title=f"{card.mark} {name[:1].upper()}{name[1:]} · {say(card.headline.value)}",
        description=shortened("\n".join(filter(None, _lines(card))), MOST_CARD),
        colour=card.look.colour,
        timestamp=card.turn.replied_at or card.turn.created_at,
    )


def render_worst(card: Card) -> str:
    """Return the worst score before and after, for a line."""
    if card.before is None or card.after is None:
        return ""
    return f" · {card.before.scores.worst} → {card.after.scores.worst}"


def render_empathetic(card: Card) -> str:
    """Return how empathetic draft and reply are, for a line; nothing where it was not measured."""
    before, after = (_empathetic(one) for one in (card.found.before, card.found.after))
    if before is None or after is None:
        return ""
    return f" · {say(EMPATHETIC)} {before} → {after}"


def render_asked(card: Card, limit: int) -> str:
    """Return who said what, on one line; nothing where that is no longer kept."""
    last = card.asked.asked[-1]
    if not is_kept(last):
        return ""
    return f"**{member_name(last.speaker)}**: {on_one_line(last.text, limit)}"


def why_nothing_was_sent(card: Card) -> str:
    """Return why there is no reply; empty where there is one, or where nobody knows any more."""
    if card.gone:
        return ""
    if card.headline is Headline.HELPED:
        why = say_reason(card.turn.withheld_because or "") or say("they may be in danger")
        return say(
            "Help lines were given instead of a reply: {why}", why=on_one_line(why, MOST_WHY)
        )
    if card.headline is Headline.WITHHELD:
        why = say_reason(card.turn.withheld_because or "") or say("unknown")
        return say("No reply was sent: {why}", why=on_one_line(why, MOST_WHY))
    return ""


def _lines(card: Card) -> list[str]:
    return [_asked(card), *_said(card), _not_scored(card), _deleted(card), _rated(card), _at(card)]


def _asked(card: Card) -> str:
    asked, more = render_asked(card, MOST_ASKED), len(card.asked.asked) - 1
    return asked + (say(" (and {more} more)", more=more) if asked and more else "")


def _said(card: Card) -> list[str]:
    """Return what was sent, large, and what would have been, where it differs."""
    if card.gone:
        return [card.gone]
    nothing = why_nothing_was_sent(card)
    sent = nothing or on_one_line(card.turn.reply or "", MOST_SENT)
    differs = card.turn.draft and (nothing or card.turn.draft != card.turn.reply)
    draft = say(
        "Would have been sent: {draft}", draft=on_one_line(card.turn.draft or "", MOST_DRAFT)
    )
    return [f"### {sent}", draft if differs else ""]


def _not_scored(card: Card) -> str:
    if not card.failure or card.gone:
        return ""
    return say(
        "-# The Critic gave no scores: {failure}",
        failure=on_one_line(say_reason(card.failure), MOST_WHY),
    )


def _deleted(card: Card) -> str:
    return (
        say("-# 🗑️ {who} deleted the reply", who=shown_name(card.deleted_by))
        if card.deleted_by
        else ""
    )


def _rated(card: Card) -> str:
    """Return what people pressed."""
    counts = Counter(rating.kind for rating in card.ratings)
    tally = [f"{counts[kind]} {say(kind.value)}" for kind in RatingKind if counts[kind]]
    return f"-# 👥 {' · '.join(tally)}" if tally else ""


def _at(card: Card) -> str:
    """Return where it was."""
    links = ((say("reply"), card.reply_link), (say("therapy"), card.thread_link))
    named = [f"[{name}]({link})" for name, link in links if link]
    return f"-# {' · '.join([f'<#{card.turn.room_id}>', *named])}"


def _empathetic(scores: Scores | None) -> int | None:
    return scores.empathetic if scores is not None else None
