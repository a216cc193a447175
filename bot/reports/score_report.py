"""Scores over time, before and after therapy, and how far the Critic and people agree.

Agreement compares, turn by turn and harm by harm, the Critic's score of a reply with the mean of
the people who rated it. "Agree" counts as the Critic's own score, "too harsh" and "too lenient" as
25 points below and above it (`bot.rooms.evaluation.rewards`): leaving these out would keep the
agreement and drop the disagreement. Intervals draw whole turns, since a turn's three scores go
together.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Final

import numpy as np

from bot.domain import HARMS, Scores
from bot.domain.ratings import RatingKind
from bot.rooms.evaluation.rewards import implied_scores
from bot.stats.intervals import Estimate, estimate, mean_estimate
from bot.storage.stores.stores import Stores
from bot.storage.stores.turn_history import ScoredTurn

FEWEST_RATED: Final = 10
"""Rated turns below which nothing is said of agreement: intervals would span the whole scale."""
DRAWS: Final = 1000
_SEED: Final = 1

_Pair = tuple[float, float]


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
        """Whether there are ratings enough to say anything."""
        return self.turns >= FEWEST_RATED

    @property
    def sentence(self) -> str:
        """What there is to say, in words."""
        rated = (
            f"{self.ratings} rating{'s' * (self.ratings != 1)} of {self.turns} "
            f"turn{'s' * (self.turns != 1)}"
        )
        if not self.enough:
            return (
                f"Too few ratings to say how far the Critic and people agree: {rated}, "
                f"{FEWEST_RATED} rated turns are needed."
            )
        alpha = "not defined, as all scores are alike"
        if self.alpha is not None:
            alpha = _shown(self.alpha, 2)
        return (
            f"Critic and people ({rated}, {self.with_numbers} with numbers of their own): "
            f"Krippendorff's alpha {alpha}; Critic less people "
            f"{_shown(self.difference, 1) if self.difference else '0'} points."
        )


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What `/scores` shows. ``series`` is oldest first."""

    series: tuple[ScoredTurn, ...]
    rows: tuple[ScaleRow, ...]
    agreement: Agreement
    critics: tuple[tuple[str, str], ...]
    """Method and model of the Critics that took part: scores of two are not to be compared."""

    @property
    def scales(self) -> tuple[str, ...]:
        """The scales there are: the three harms, then a server's own."""
        return tuple(row.scale for row in self.rows)

    def table(self) -> str:
        """The rows as text in columns, for a code block."""
        if not self.rows:
            return "no scores"
        width = max(len(row.scale) for row in self.rows)
        head = f"{'':<{width}} turns before after  difference (95 %)"
        lines = [
            f"{row.scale:<{width}} {row.turns:>5} {row.before:>6.1f} {row.after:>5.1f}  "
            f"{_shown(row.difference, 1) if row.difference else '-'}"
            for row in self.rows
        ]
        return "\n".join([head, *lines])


async def read_scores(
    stores: Stores, room_ids: Sequence[int], since: datetime, until: datetime
) -> ScoreReport:
    """The report on the turns that some rooms began between two moments."""
    series = await stores.turn_history.scored(room_ids, since, until)
    return await asyncio.to_thread(report_on, series)


def report_on(series: Sequence[ScoredTurn]) -> ScoreReport:
    """The report on these turns."""
    known = {scale: None for turn in series for scale in (*turn.before, *turn.after)}
    scales = [*(harm for harm in HARMS if harm in known), *(s for s in known if s not in HARMS)]
    rows = [_row(scale, series) for scale in scales]
    return ScoreReport(
        series=tuple(series),
        rows=tuple(row for row in rows if row is not None),
        agreement=agreement_of(series),
        critics=tuple(sorted({critic for turn in series for critic in turn.critics})),
    )


def agreement_of(series: Sequence[ScoredTurn]) -> Agreement:
    """How far the Critic and people agree on these turns."""
    pairs = {str(turn.turn_id): found for turn in series if (found := _pairs(turn))}
    ratings = [rating for turn in series for rating in turn.ratings]
    enough = len(pairs) >= FEWEST_RATED
    apart = {name: [critic - people for critic, people in found] for name, found in pairs.items()}
    return Agreement(
        turns=len(pairs),
        ratings=len(ratings),
        with_numbers=sum(rating.kind is RatingKind.RESCORE for rating in ratings),
        alpha=estimate(pairs, alpha_of_pairs, seed=_SEED, draws=DRAWS) if enough else None,
        difference=mean_estimate(apart, seed=_SEED) if enough else None,
    )


def alpha_of_pairs(pairs: Sequence[_Pair]) -> float | None:
    """Krippendorff's alpha (interval) of two raters without gaps; None if all scores are alike.

    The same as `bot.stats.agreement`, in the closed form that a bootstrap has time for.
    """
    values = np.asarray(pairs, dtype=float)
    if len(values) == 0:
        return None
    expected = 2 * float(values.var(ddof=1))
    if expected == 0:
        return None
    observed = float(((values[:, 0] - values[:, 1]) ** 2).mean())
    return 1 - observed / expected


def _pairs(turn: ScoredTurn) -> list[_Pair]:
    """The Critic's and the people's mean score of each harm."""
    if not turn.after:
        return []
    critic = Scores(values=turn.after)
    given = [implied for one in turn.ratings if (implied := implied_scores(one, critic))]
    if not given:
        return []
    return [(turn.after[harm], fmean(one[harm] for one in given)) for harm in HARMS]


def _row(scale: str, series: Sequence[ScoredTurn]) -> ScaleRow | None:
    both = [turn for turn in series if scale in turn.before and scale in turn.after]
    if not both:
        return None
    apart: Mapping[str, Sequence[float]] = {
        str(turn.turn_id): [turn.after[scale] - turn.before[scale]] for turn in both
    }
    return ScaleRow(
        scale=scale,
        turns=len(both),
        before=fmean(turn.before[scale] for turn in both),
        after=fmean(turn.after[scale] for turn in both),
        difference=mean_estimate(apart, seed=_SEED),
    )


def _shown(found: Estimate, digits: int) -> str:
    """``-3.2 [-5.1, -1.0]``, or the value alone where there is no interval."""
    value = f"{found.value:+.{digits}f}" if digits == 1 else f"{found.value:.{digits}f}"
    if found.low is None or found.high is None:
        return value
    return f"{value} [{found.low:.{digits}f}, {found.high:.{digits}f}]"
