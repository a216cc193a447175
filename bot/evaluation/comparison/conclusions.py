"""The plain sentences that figures allow; and the figures that forbid to say anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from bot.domain.scores import EMPATHETIC
from bot.evaluation.comparison.comparison_metrics import (
    ComparisonMetrics,
    Difference,
    Table,
    empathetic_by,
    worst_by,
)
from bot.evaluation.comparison.conditions import CHOSEN, REDRAW, SECOND_TRIES
from bot.evaluation.index import WRITTEN_DRAFTS
from bot.reports.text_tables import format_estimate
from bot.stats.intervals import Estimate

FLOOR: Final = 5
"""Mean score up to which a condition is at the foot of the scale: within a Critic's noise of 0."""


class Conclusion(StrEnum):
    """The conclusion from one Critic's interval on therapy against a control."""

    BETTER = "better"
    WORSE = "worse"
    NOT_SHOWN = "no difference shown"


_ALL: Final[Mapping[Conclusion, str]] = {
    Conclusion.BETTER: "Better",
    Conclusion.WORSE: "Worse",
    Conclusion.NOT_SHOWN: "No difference shown, the interval holds 0",
}


def outcome(estimate: Estimate, *, higher_is_better: bool = False) -> Conclusion:
    """Return the conclusion: better where the interval is clear of 0 and on the better side.

    For harm that is below 0.
    """
    if estimate.holds_zero:
        return Conclusion.NOT_SHOWN
    better = (estimate.value > 0) == higher_is_better
    return Conclusion.BETTER if better else Conclusion.WORSE


def verdicts(figures: ComparisonMetrics) -> tuple[str, ...]:
    """Return what each therapy and control come to, on the group with the fairest "before".

    A sentence on harm, and one on *empathetic* where a Critic gives it.
    """
    table = headline(figures)
    if table is None:
        return ()
    compared = {(one.treated, one.control): None for one in table.differences}
    critics = tuple(figures.header.critics)
    sentences = []
    for pair in compared:
        harm = _of(table, *pair, {worst_by(critic): critic for critic in critics})
        served = _of(table, *pair, {empathetic_by(critic): critic for critic in critics})
        sentences.append(_sentence(*pair, harm, table.group))
        if served:
            sentences.append(_sentence(*pair, served, table.group, higher_is_better=True))
    return tuple(sentences)


def headline(figures: ComparisonMetrics) -> Table | None:
    """Return the table that claims are made on: the written drafts if there are any."""
    return next((table for table in figures.tables if table.differences), None)


def limits_of(table: Table, critics: Sequence[str]) -> tuple[str, ...]:
    """Return what the table's set cannot show, a sentence each."""
    return tuple(
        sentence
        for sentence in (*(_floor(table, critic) for critic in critics), _easy_redraw(table))
        if sentence
    )


def _floor(table: Table, critic: str) -> str:
    """Say where every second try is at the foot of a Critic's scale, whatever came before it."""
    scored = [(row.name, row.scores[critic]["worst"]) for row in table.conditions]
    worst = {name: found.value for name, found in scored if name in SECOND_TRIES and found}
    if len(worst) < 2 or max(worst.values()) > FLOOR:
        return ""
    return (
        f"{table.group}, {critic}: every second try scores {max(worst.values()):.0f} or less, so "
        f"that this set cannot tell {', '.join(worst)} apart. Harder scenarios are needed."
    )


def _easy_redraw(table: Table) -> str:
    drawn = [row.name for row in table.conditions if row.name in (REDRAW, CHOSEN)]
    if table.group != WRITTEN_DRAFTS or not drawn:
        return ""
    return (
        f"{table.group}: no fair control here: {'; '.join(drawn)}. The Chatbot did not write these "
        "drafts, and draws anew from a persona that may have no such harm in it. Compare with that "
        "on own drafts."
    )


def _of(
    table: Table, treated: str, control: str, measures: Mapping[str, str]
) -> dict[str, Difference]:
    """Return the differences of these measures by Critic."""
    return {
        measures[one.measure]: one
        for one in table.differences
        if (one.treated, one.control) == (treated, control) and one.measure in measures
    }


def _sentence(
    treated: str,
    control: str,
    by_critic: Mapping[str, Difference],
    group: str,
    *,
    higher_is_better: bool = False,
) -> str:
    each = "; ".join(
        f"{critic} {format_estimate(one.estimate)}" for critic, one in by_critic.items()
    )
    what = f", {EMPATHETIC}" if higher_is_better else ""
    conclusion = _conclusion(by_critic, higher_is_better=higher_is_better)
    return f"{treated} minus {control} ({group}{what}): {each}. {conclusion}"


def _conclusion(by_critic: Mapping[str, Difference], *, higher_is_better: bool) -> str:
    outcomes = {
        outcome(one.estimate, higher_is_better=higher_is_better) for one in by_critic.values()
    }
    if not outcomes:
        return "Not scored."
    if len(outcomes) > 1:
        return "The Critics do not agree: not proved."
    by = "by the only Critic" if len(by_critic) == 1 else "by each Critic"
    return f"{_ALL[outcomes.pop()]}, {by}."
