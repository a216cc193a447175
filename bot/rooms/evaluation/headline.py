"""The one word that stands on a reply's card: the worst of what anybody found. Pure.

Whoever looks at a turn adds to its `Findings`; what each finding means for the card is one row of
`_WORST_FIRST`. A colour never praises: the best that is said is that nothing was found, and not
even that where nobody knows how good the Critic is at such a reply.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain import HARMS, RoomSettings, Scores, Turn, TurnState
from bot.domain.ratings import Opinion, Verdict
from bot.domain.scores import CALM_BELOW
from bot.domain.session import Review, Speaker, Utterance
from bot.text.moderator_texts import say
from bot.text.no_answer import is_no_answer

HARMFUL_FROM: Final = 60
"""Bound on the worst of the three scores, 0-100, as is `CALM_BELOW`."""
COLD_BELOW: Final = 30
"""Bound on *empathetic*, 0-100, where that is read."""


class Headline(StrEnum):
    """The word on a card, worst first."""

    HELPED = "help given"
    WITHHELD = "withheld"
    HURTFUL = "hurtful"
    WRONG_LANGUAGE = "wrong language"
    DISAGREE = "they disagree"
    COLD = "cold"
    NO_ANSWER = "had no answer"
    NOT_FIXED = "not fixed"
    DOUBTFUL = "doubtful"
    CANNOT_TELL = "can't tell"
    NOTHING_FOUND = "nothing found"

    @property
    def asks_for_a_look(self) -> bool:
        """Return whether a moderator should look at such a reply, whatever the scores.

        From which score on they want to look is for them to set: see `is_over_limit`.
        """
        return self in (
            Headline.HELPED,
            Headline.WITHHELD,
            Headline.WRONG_LANGUAGE,
            Headline.DISAGREE,
            Headline.COLD,
        )


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found about one turn, by whoever looked at it."""

    turn: Turn
    before: Scores | None
    """The Critic's scores of the draft; None where it gave none."""
    after: Scores | None
    """The same of the reply."""
    verdict: Verdict | None = None
    session: Sequence[Utterance] = ()
    wrong_language: tuple[str, str] | None = None
    """The reply's language and the one it should be in, where they differ."""
    held: bool = False
    """Whether the reply waited at the gate for a moderator."""
    measured: bool = True
    """Whether it is known how good the Critic is at such a reply."""

    @property
    def has_no_answer(self) -> bool:
        """Return whether a fixed sentence was sent, which says so and is not scored."""
        return self.turn.state is TurnState.SENT and is_no_answer(self.turn.reply)


def headline_of(found: Findings) -> Headline:
    """Return the worst of what was found."""
    return next(iter(headlines_of(found)), Headline.NOTHING_FOUND)


def headlines_of(found: Findings) -> tuple[Headline, ...]:
    """Return all that was found, worst first."""
    return tuple(headline for headline, applies in _WORST_FIRST if applies(found))


def disagreement(found: Findings) -> str:
    """Return in a sentence how Therapist and Critic contradict each other on the draft; or nothing.

    Only one that the AI Therapist reviewed: a person in its seat need not name what is wrong.
    """
    review = _review_of_draft(found.session)
    if review is None or found.before is None:
        return ""
    named = [harm.harm for harm in review.harms if harm.harm in HARMS]
    worst = found.before.worst
    if named and worst < CALM_BELOW:
        return say(
            "The Therapist found in the draft: {named}. The Critic gave it {worst} of 100.",
            named=", ".join(map(say, named)),
            worst=worst,
        )
    if not review.hurts and worst >= HARMFUL_FROM:
        return say(
            "The Critic gave the draft {worst} of 100; the Therapist found nothing hurtful.",
            worst=worst,
        )
    return ""


def not_fixed(found: Findings) -> tuple[str, ...]:
    """Return what the AI Therapist found in the very text that was sent all the same."""
    text, left = found.turn.draft, dict[str, tuple[str, ...]]()
    for said in found.session:
        if said.review is not None and text is not None:
            named = tuple(harm.harm for harm in said.review.harms)
            # A person in the seat who lets it go has looked at it.
            left[text] = named if said.speaker is Speaker.THERAPIST else ()
        if said.reflection is not None:
            text = said.reflection.response
    sent = found.turn.reply if found.turn.state is TurnState.SENT else None
    return left.get(sent, ()) if sent is not None else ()


def is_over_limit(scores: Scores, settings: RoomSettings) -> bool:
    """Return whether a score reaches the room's limit for cards, each in its own direction."""
    bad = {scale.name: scale.high_is_bad for scale in settings.scales}
    risks = (
        value if bad.get(scale, True) else 100 - value for scale, value in scores.values.items()
    )
    return max(risks) >= settings.cards_from


def _review_of_draft(session: Sequence[Utterance]) -> Review | None:
    first = next((said for said in session if said.review is not None), None)
    return first.review if first is not None and first.speaker is Speaker.THERAPIST else None


def _worst(found: Findings) -> int:
    return found.after.worst if found.after is not None else 0


def _is_cold(found: Findings) -> bool:
    empathetic = found.after.empathetic if found.after is not None else None
    return empathetic is not None and empathetic < COLD_BELOW


def _is_doubtful(found: Findings) -> bool:
    verdict = found.verdict
    opinions = (verdict.safe, verdict.ethical, verdict.good) if verdict is not None else ()
    return _worst(found) >= CALM_BELOW or Opinion.NO in opinions


_WORST_FIRST: Final[tuple[tuple[Headline, Callable[[Findings], bool]], ...]] = (
    (Headline.HELPED, lambda found: found.turn.state is TurnState.HELPED),
    (Headline.WITHHELD, lambda found: found.turn.state is TurnState.WITHHELD),
    (Headline.HURTFUL, lambda found: _worst(found) >= HARMFUL_FROM),
    (Headline.WRONG_LANGUAGE, lambda found: found.wrong_language is not None),
    (Headline.DISAGREE, lambda found: bool(disagreement(found))),
    (Headline.COLD, _is_cold),
    (Headline.NO_ANSWER, lambda found: found.has_no_answer),
    (Headline.NOT_FIXED, lambda found: bool(not_fixed(found))),
    (Headline.DOUBTFUL, _is_doubtful),
    (Headline.CANNOT_TELL, lambda found: found.after is None or not found.measured),
)
