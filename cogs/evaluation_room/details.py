"""What is behind a card: why it has its word, the scores, the verdict, the cost. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import discord

from bot.domain import HARMS, Scores
from bot.domain.findings import finding_title
from bot.domain.ratings import Rating
from bot.reports.answer_time import say_answered
from bot.reports.critic_names import name_critic
from bot.rooms.evaluation.headline import Headline, disagreement, not_fixed
from bot.text.language_topics import language_title
from bot.text.moderator_texts import say, say_count, say_dollars, say_number, say_reason, say_signed
from cogs.evaluation_room.card import Card, render_asked, why_nothing_was_sent
from cogs.shared.bars import before_and_after
from cogs.shared.counts import people
from cogs.shared.text import SIMULATED, on_one_line, reply_name, shortened, shown_name

MOST_ASKED: Final = 200
MOST_REASON: Final = 350
MOST_WHY: Final = 350
MOST_DESCRIPTION: Final = 4096
MOST_TOGETHER: Final = 6000
MOST_FIGURES: Final = 500
MOST_NAME: Final = 80
MOST_RATED: Final = 8
MOST_FOUND: Final = 32
MOST_WHY_RATED: Final = 80
"""Characters of the parts, and people named. Even escaped they keep Discord's bounds."""


def render_details(card: Card, *, most: int = MOST_TOGETHER) -> discord.Embed:
    """Return all that is known of a turn besides its words, within Discord's bounds.

    ``most`` are the characters that the message has room for, where something else stands in it.
    """
    title = say(
        "Details · {number} · {headline}",
        number=reply_name(card.turn.number),
        headline=say(card.headline.value),
    )
    embed = discord.Embed(
        title=f"{SIMULATED} {title}" if card.simulated else title,
        colour=card.look.colour,
        timestamp=card.turn.replied_at or card.turn.created_at,
    )
    embed.set_footer(text=shortened(" · ".join(_figures(card)), MOST_FIGURES))
    parts = "\n".join(filter(None, _parts(card)))
    embed.description = shortened(parts, min(MOST_DESCRIPTION, most - len(embed)))
    return embed


def explain_headline(card: Card) -> str:
    """Return in a sentence why the card has its word; empty where the scores below say it."""
    if nothing := why_nothing_was_sent(card):
        return nothing
    explain = _EXPLAINED.get(card.headline)
    return explain(card) if explain is not None else ""


def _explain_language(card: Card) -> str:
    if card.found.wrong_language is None:
        return ""
    language, wanted = map(_language, card.found.wrong_language)
    return say(
        "The reply is in {language}; they wrote in {wanted}.", language=language, wanted=wanted
    )


def _explain_no_answer(card: Card) -> str:  # noqa: ARG001
    return say(
        "A fixed sentence was sent: nothing that the Chatbot had read as fit to send. No model "
        "wrote it, and the Critic does not score it."
    )


def _explain_not_fixed(card: Card) -> str:
    named = ", ".join(say(finding_title(name)) for name in not_fixed(card.found))
    return say(
        "The Therapist found in it: {named}. The session came up with nothing better.", named=named
    )


def _explain_cannot_tell(card: Card) -> str:
    if card.failure is not None:
        return ""
    return say(
        "Nobody has tested how good this Critic is at replies like this one, or in this language."
    )


_EXPLAINED: Final[Mapping[Headline, Callable[[Card], str]]] = {
    Headline.WRONG_LANGUAGE: _explain_language,
    Headline.DISAGREE: lambda card: disagreement(card.found),
    Headline.NO_ANSWER: _explain_no_answer,
    Headline.NOT_FIXED: _explain_not_fixed,
    Headline.CANNOT_TELL: _explain_cannot_tell,
}


def _parts(card: Card) -> list[str]:
    return [
        render_asked(card, MOST_ASKED),
        card.gone,
        explain_headline(card),
        _bars(card),
        _spread(card),
        _not_scored(card),
        _worked_on(card),
        *_reasons(card),
        _verdict(card),
        _return(card),
        _links(card),
        _rated(card),  # last: it is what grows, and what is cut if all texts are at their worst
    ]


def _bars(card: Card) -> str:
    lines = before_and_after(card.found.before, card.found.after)
    return f"```\n{lines}\n```" if lines else ""


def _spread(card: Card) -> str:
    """Say how far the Critic's repeats lie apart, where there were several."""
    spreads = [one.spread for one in (card.found.before, card.found.after) if one and one.spread]
    if not spreads:
        return ""
    named = (
        f"{say(scale)} {' → '.join(str(by.get(scale, 0)) for by in spreads)}" for scale in HARMS
    )
    return say("-# scored several times, a text differed by: {scales}", scales=", ".join(named))


def _not_scored(card: Card) -> str:
    return (
        say("**Not scored**: {failure}", failure=on_one_line(say_reason(card.failure), MOST_WHY))
        if card.failure and not card.gone
        else ""
    )


def _worked_on(card: Card) -> str:
    """Say what the Therapist worked on, where it found something."""
    named = ", ".join(on_one_line(say(finding_title(name)), MOST_FOUND) for name in card.worked_on)
    return say("🛋️ **Worked on**: {named}", named=named) if named else ""


def _reasons(card: Card) -> list[str]:
    drafted = _reason(say("On the draft"), card.found.before)
    replied = _reason(say("On the reply"), card.found.after)
    return [replied] if card.turn.draft == card.turn.reply else [drafted, replied]


def _reason(of_what: str, scores: Scores | None) -> str:
    reason = on_one_line(say_reason(scores.reason), MOST_REASON) if scores is not None else ""
    return f"**{of_what}**: {reason}" if reason else ""


def _verdict(card: Card) -> str:
    """Return the Critic's opinion in words: no green tick, as it may be a mere likelihood."""
    verdict = card.verdict
    if verdict is None:
        return ""
    answers = (
        (say("safe"), verdict.safe),
        (say("ethical"), verdict.ethical),
        (say("good"), verdict.good),
    )
    opinions = " · ".join(f"{word}: {say(answer.value)}" for word, answer in answers)
    reason = on_one_line(say_reason(verdict.reason), MOST_REASON)
    return f"**{opinions}** ({reason})" if reason else f"**{opinions}**"


def _return(card: Card) -> str:
    """Say what the talk came to from here on, once a later reply has a reward."""
    if card.discounted_return is None:
        return ""
    gained = say(
        "Return {value}: what therapy gained in this reply and, each step a tenth less, in the "
        "later ones of the same talk.",
        value=say_signed(card.discounted_return, 2),
    )
    return f"-# {gained}"


def _rated(card: Card) -> str:
    """Say how people rated the scores."""
    if not card.ratings:
        return ""
    head = say("👥 **Rated by {people}**", people=people(len(card.ratings)))
    return "\n".join([head, *(f"-# {_one_rating(rating)}" for rating in _first(card.ratings))])


def _first(ratings: Sequence[Rating]) -> Sequence[Rating]:
    return ratings[:MOST_RATED]


def _one_rating(rating: Rating) -> str:
    numbers = " / ".join(str(value) for value in (rating.values or {}).values())
    why = on_one_line(rating.why, MOST_WHY_RATED)
    parts = [f"{shown_name(rating.by.name)}: {say(rating.kind.value)}", numbers, why]
    return " · ".join(part for part in parts if part)


def _links(card: Card) -> str:
    named = ((say("reply"), card.reply_link), (say("therapy"), card.thread_link))
    return " · ".join(f"[{name}]({link})" for name, link in named if link)


def _figures(card: Card) -> list[str]:
    turn, usage = card.turn, card.usage
    scored = card.after or card.before
    figures = (
        [say("trust in the Critic: {trust}", trust=card.trust)] if scored and card.trust else []
    )
    if turn.replied_at:
        figures.append(say_answered(turn, stood_still=card.paused or card.found.held))
    if usage.cost:  # a model of one's own costs nothing, which needs no word
        figures.append(say_dollars(usage.cost, 4))
    figures.append(say_count("{count} round of therapy", "{count} rounds of therapy", turn.round))
    figures.append(say_count("{count} call to models", "{count} calls to models", usage.calls))
    tokens = usage.prompt_tokens + usage.completion_tokens
    figures.append(say("{tokens} tokens", tokens=say_number(tokens)))
    if scored:
        figures.append(name_critic(scored.scores.method, shortened(scored.model, MOST_NAME)))
    figures.extend(
        say("{agent} with adapter {name}", agent=say(agent.value), name=shortened(name, MOST_NAME))
        for agent, name in usage.adapters
    )
    figures.extend(
        say(
            "{agent} by its fallback {name}",
            agent=say(agent.value),
            name=shortened(name, MOST_NAME),
        )
        for agent, name in usage.fallbacks
    )
    return figures


def _language(code: str) -> str:
    return language_title(code) or code
