"""The plain sentences that figures allow; and the figures that forbid to say anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from bot.evaluation.comparison.comparison_metrics import (
    ComparisonMetrics,
    Difference,
    Table,
    worst_by,
)
from bot.reports.text_tables import format_estimate
from bot.stats.intervals import Estimate


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


def outcome(estimate: Estimate) -> Conclusion:
    """Return the conclusion for scores: an interval clear of 0 and below it is better."""
    if estimate.holds_zero:
        return Conclusion.NOT_SHOWN
    return Conclusion.BETTER if estimate.value < 0 else Conclusion.WORSE


def verdicts(figures: ComparisonMetrics) -> tuple[str, ...]:
    """Return a sentence for each therapy and control, on the group with the fairest "before"."""
    table = headline(figures)
    if table is None:
        return ()
    compared = {(one.treated, one.control): None for one in table.differences}
    critics = tuple(figures.header.critics)
    return tuple(_sentence(*pair, _of(table, *pair, critics), table.group) for pair in compared)


def headline(figures: ComparisonMetrics) -> Table | None:
    """Return the table that claims are made on: the written drafts if there are any."""
    return next((table for table in figures.tables if table.differences), None)


def _of(table: Table, treated: str, control: str, critics: Sequence[str]) -> dict[str, Difference]:
    measures = {worst_by(critic): critic for critic in critics}
    return {
        measures[one.measure]: one
        for one in table.differences
        if (one.treated, one.control) == (treated, control) and one.measure in measures
    }


def _sentence(treated: str, control: str, by_critic: Mapping[str, Difference], group: str) -> str:
    each = "; ".join(
        f"{critic} {format_estimate(one.estimate)}" for critic, one in by_critic.items()
    )
    return f"{treated} minus {control} ({group}): {each}. {_conclusion(by_critic)}"


def _conclusion(by_critic: Mapping[str, Difference]) -> str:
    outcomes = {outcome(one.estimate) for one in by_critic.values()}
    if not outcomes:
        return "Not scored."
    if len(outcomes) > 1:
        return "The Critics do not agree: not proved."
    by = "by the only Critic" if len(by_critic) == 1 else "by each Critic"
    return f"{_ALL[outcomes.pop()]}, {by}."
