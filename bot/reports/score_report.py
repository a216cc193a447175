"""Scores over time, before and after therapy, and the agreement of the Critic with people.

Agreement compares, turn by turn and harm by harm, the Critic's score of a reply with the mean of
the people who rated it. "Agree" counts as the Critic's own score, "too harsh" and "too lenient" as
25 points below and above it (`bot.rooms.evaluation.rewards`): leaving these out would keep the
agreement and drop the disagreement. Its intervals draw whole turns, since a turn's three scores go
together; those of the scales come from the daily sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Final

from bot.domain import HARMS, Scores
from bot.domain.day_shares import ScaleSum
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.ratings import RatingKind
from bot.domain.scores import in_order
from bot.reports.days import percent
from bot.reports.text_tables import align_columns, format_estimate, format_number
from bot.rooms.evaluation.rewards import implied_scores
from bot.stats.agreement import pairs_alpha_estimate
from bot.stats.classification import auroc
from bot.stats.intervals import Estimate, mean_estimate
from bot.stats.sums import mean_of_sums
from bot.storage.stores.turn_history import ScoredTurn
from bot.text.moderator_texts import Later, say, say_count, say_number

FEWEST_RATED: Final = 10
"""Rated turns below which nothing is said of agreement: intervals would span the whole scale."""
FEWEST_SAID: Final = 5
"""Replies of each kind below which members' words do not measure the Critic."""
HOW_WELL: Final = ((0.8, Later("well")), (2 / 3, Later("fairly well")))
"""Krippendorff's alpha from which they agree so; his own bounds."""
MOST_CHANGE: Final = 100
"""Points by which a score can change at most."""
DRAWS: Final = 1000
_SEED: Final = 1

_Pair = tuple[float, float]
_NO_FEEDBACK: Final[Mapping[int, Sequence[Feedback]]] = {}


@dataclass(frozen=True, slots=True)
class ScaleRow:
    """One scale over the time: means, and after less before, over turns that have both."""

    scale: str
    turns: int
    before: float
    after: float
    difference: Estimate | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The Critic and people over the turns that people rated."""

    turns: int
    ratings: int
    with_numbers: int
    alpha: Estimate | None
    """Krippendorff's alpha (interval): 1 perfect, 0 chance. None where it says nothing."""
    difference: Estimate | None
    """Critic less people, in points: above 0 the Critic is the harsher."""

    @property
    def enough(self) -> bool:
        """Return whether there are ratings enough to say anything."""
        return self.turns >= FEWEST_RATED

    @property
    def sentence(self) -> str:
        """Return the agreement in words."""
        rated = say_count(
            "{count} rating of {replies}",
            "{count} ratings of {replies}",
            self.ratings,
            replies=say_count("{count} reply", "{count} replies", self.turns),
        )
        if not self.enough:
            return say(
                "Too few ratings to say how far the Critic and people agree: {rated}, "
                "{needed} rated replies are needed.",
                rated=rated,
                needed=FEWEST_RATED,
            )
        agree = say(
            "The Critic and people agree **{how_well}** ({rated}).",
            how_well=self._how_well,
            rated=rated,
        )
        return f"{agree} {self._harsher}"

    @property
    def figures(self) -> str:
        """Return the figures behind the sentence; empty where it rests on none."""
        if not self.enough:
            return ""
        alpha = say("not defined, as all scores are alike")
        if self.alpha is not None:
            alpha = format_estimate(self.alpha, 2, no_interval="")
        return say(
            "Krippendorff's alpha {alpha} · Critic less people {points} points · {numbered} with "
            "numbers of their own",
            alpha=alpha,
            points=_format_difference(self.difference) if self.difference else "0",
            numbered=self.with_numbers,
        )

    @property
    def _how_well(self) -> str:
        if self.alpha is None:
            return say("fully: all scores are alike")
        words = (str(word) for least, word in HOW_WELL if self.alpha.value >= least)
        return next(words, say("poorly"))

    @property
    def _harsher(self) -> str:
        points = round(self.difference.value) if self.difference else 0
        if not points:
            return say("On average neither is harsher.")
        if points > 0:
            return say_count(
                "On average the Critic is harsher by {count} point of 100.",
                "On average the Critic is harsher by {count} points of 100.",
                points,
            )
        return say_count(
            "On average people are harsher by {count} point of 100.",
            "On average people are harsher by {count} points of 100.",
            -points,
        )


@dataclass(frozen=True, slots=True)
class MembersAgreement:
    """The Critic measured by what members said of replies: that one helped, or hurt or was wrong.

    Of a reply that members say both of, it is what more of them say, or *hurt*.
    """

    helped: int
    hurt: int
    auroc: float | None
    """The chance that the Critic finds worse a reply that hurt than one that helped."""

    @property
    def sentence(self) -> str:
        """Return it in words; nothing where no member said anything."""
        if not self.helped + self.hurt:
            return ""
        said = say(
            "Members said of {helped} of these replies that they helped, and of {hurt} that they "
            "hurt or were wrong",
            helped=self.helped,
            hurt=self.hurt,
        )
        if self.auroc is None:
            return say(
                "{said}; {needed} of each are needed to measure the Critic by that.",
                said=said,
                needed=FEWEST_SAID,
            )
        return say(
            "{said}; of one that hurt and one that helped, the Critic scores the one that hurt "
            "worse {share} of the time.",
            said=said,
            share=percent(self.auroc),
        )


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """The report that `/scores` shows."""

    rows: tuple[ScaleRow, ...]
    agreement: Agreement
    members: MembersAgreement

    @property
    def scales(self) -> tuple[str, ...]:
        """Return the scales there are: the three harms, empathetic, then a server's own."""
        return tuple(row.scale for row in self.rows)

    def table(self) -> str:
        """Return the rows as text in columns, for a code block."""
        if not self.rows:
            return say("no scores")
        head = ("", say("replies"), say("before"), say("after"), f" {say('change (95 %)')}")
        lines = [
            (
                say(row.scale),
                say_number(row.turns),
                format_number(row.before),
                format_number(row.after),
                f" {_format_difference(row.difference)}",
            )
            for row in self.rows
        ]
        return align_columns([head, *lines], left=(0, 4), gap=" ")


def report_on(
    scales: Sequence[ScaleSum],
    said_of: Sequence[ScoredTurn] = (),
    feedback: Mapping[int, Sequence[Feedback]] = _NO_FEEDBACK,
) -> ScoreReport:
    """Return the report on the sums of a time, and on the turns of which people said something."""
    return ScoreReport(
        rows=tuple(_row(scale, scales) for scale in in_order(one.scale for one in scales)),
        agreement=agreement_of(said_of),
        members=members_agreement_of(said_of, feedback),
    )


def agreement_of(series: Sequence[ScoredTurn]) -> Agreement:
    """Return how far the Critic and people agree on these turns."""
    pairs = {str(turn.turn_id): pairs_of_turn for turn in series if (pairs_of_turn := _pairs(turn))}
    ratings = [rating for turn in series for rating in turn.ratings]
    enough = len(pairs) >= FEWEST_RATED
    apart = {
        name: [critic - people for critic, people in pairs_of_turn]
        for name, pairs_of_turn in pairs.items()
    }
    return Agreement(
        turns=len(pairs),
        ratings=len(ratings),
        with_numbers=sum(rating.kind is RatingKind.RESCORE for rating in ratings),
        alpha=pairs_alpha_estimate(pairs, seed=_SEED, draws=DRAWS) if enough else None,
        difference=mean_estimate(apart, seed=_SEED) if enough else None,
    )


def members_agreement_of(
    series: Sequence[ScoredTurn], feedback: Mapping[int, Sequence[Feedback]]
) -> MembersAgreement:
    """Return how the Critic's worst harm of a reply fits to what members said of it."""
    worst: dict[FeedbackKind, list[float]] = {kind: [] for kind in FeedbackKind}
    for turn in series:
        kinds = Counter(one.kind for one in feedback.get(turn.turn_id, ()))
        if kinds and turn.after:
            hurt = kinds[FeedbackKind.HURT] >= kinds[FeedbackKind.HELPED]
            kind = FeedbackKind.HURT if hurt else FeedbackKind.HELPED
            worst[kind].append(Scores(values=turn.after).worst)
    hurt_by, helped_by = worst[FeedbackKind.HURT], worst[FeedbackKind.HELPED]
    enough = min(len(hurt_by), len(helped_by)) >= FEWEST_SAID
    measured = auroc(hurt_by, helped_by) if enough else None
    return MembersAgreement(len(helped_by), len(hurt_by), measured)


def _pairs(turn: ScoredTurn) -> list[_Pair]:
    """Return the Critic's and the people's mean score of each harm."""
    if not turn.after:
        return []
    critic = Scores(values=turn.after)
    implied_by_people = [
        implied for one in turn.ratings if (implied := implied_scores(one, critic))
    ]
    if not implied_by_people:
        return []
    return [(turn.after[harm], fmean(one[harm] for one in implied_by_people)) for harm in HARMS]


def _row(scale: str, sums: Sequence[ScaleSum]) -> ScaleRow:
    """Return a scale over all Critics."""
    own = [one for one in sums if one.scale == scale]
    turns = sum(one.turns for one in own)
    before, after = sum(one.before for one in own), sum(one.after for one in own)
    return ScaleRow(
        scale=scale,
        turns=turns,
        before=before / turns,
        after=after / turns,
        difference=_within_reach(
            mean_of_sums(turns, after - before, sum(one.squares for one in own))
        ),
    )


def _within_reach(difference: Estimate | None) -> Estimate | None:
    """Return a difference with an interval no wider than scores are: of two replies it would be."""
    if difference is None or difference.low is None or difference.high is None:
        return difference
    return replace(
        difference, low=max(difference.low, -MOST_CHANGE), high=min(difference.high, MOST_CHANGE)
    )


def _format_difference(difference: Estimate | None) -> str:
    return format_estimate(difference, sign="+", no_interval="")
