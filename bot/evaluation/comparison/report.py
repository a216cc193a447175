"""An evaluation's figures as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.domain import HARMS
from bot.domain.scores import EMPATHETIC
from bot.evaluation.comparison.comparison_metrics import (
    JUDGEMENTS,
    WORSE_BY,
    ComparisonMetrics,
    ConditionMetrics,
    Difference,
    Table,
)
from bot.evaluation.comparison.conclusions import headline, limits_of, verdicts
from bot.reports.text_tables import format_estimate, format_number, format_percent, render_table
from bot.stats.intervals import LEVEL

_KEY = (
    "Scores 0-100, lower is better; worst: the highest of the three. Empathetic and judge: 0-100, "
    "of empathetic and answers higher is better. "
    f"Got worse: {WORSE_BY} points or more over the draft. "
    f"Intervals: {LEVEL:.0%}, drawn by scenario, not adjusted for the number of comparisons."
)

_COSTS = (
    *("leaks", "refused", "withheld", "failed", "words"),
    *("rounds", "calls", "tokens", "seconds", "US$"),
)


def text_of(figures: ComparisonMetrics, warnings: Sequence[str]) -> str:
    """Return headline, warnings, then a table of each group of scenarios."""
    parts = [_head(figures), _listed("What it comes to", verdicts(figures))]
    parts.append(_listed("Before you believe it", warnings or ["nothing suspicious was found."]))
    for group in figures.tables:
        parts.extend(_group(group, tuple(figures.header.critics)))
    parts.append(_KEY)
    return "\n\n".join(parts) + "\n"


def _head(figures: ComparisonMetrics) -> str:
    header = figures.header
    critics = "; ".join(f"{name} ({method})" for name, method in header.critics.items())
    main = headline(figures)
    scope = f" Claims are made on: {main.group}." if main else ""
    return (
        f"Models: {header.models.rstrip('.')}. Critics: {critics}. "
        f"Seed {header.seed}, repeats {header.repeats}, set {header.sets}.{scope}"
    )


def _listed(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"{title}:", *(f"- {line}" for line in lines)])


def _group(group: Table, critics: Sequence[str]) -> Iterator[str]:
    yield f"## {group.group}, {group.scenarios} scenarios"
    worst = [f"worst, {critic}" for critic in critics]
    worse = [f"got worse, {critic}" for critic in critics]
    serving = _who_give_empathetic(group, critics)
    served = [f"{EMPATHETIC}, {critic}" for critic in serving]
    yield render_table(
        ["condition", "n", *worst, *served, *JUDGEMENTS, *worse],
        [_marks(row, critics, serving) for row in group.conditions],
    )
    yield render_table(
        ["condition", *(f"{harm}, {critic}" for critic in critics for harm in HARMS)],
        [_scales(row, critics) for row in group.conditions],
    )
    yield render_table(["condition", *_COSTS], [_costs(row) for row in group.conditions])
    if limits := limits_of(group, critics):
        yield _listed("What this table cannot show", limits)
    if group.differences:
        yield render_table(
            ["treated minus control", "measure", "difference"], _rows(group.differences)
        )
    yield render_table(["sham", "measure", "difference"], _rows(group.shams))


def _who_give_empathetic(group: Table, critics: Sequence[str]) -> list[str]:
    return [
        critic
        for critic in critics
        if any(row.scores[critic].get(EMPATHETIC) for row in group.conditions)
    ]


def _marks(row: ConditionMetrics, critics: Sequence[str], serving: Sequence[str]) -> list[str]:
    return [
        row.name,
        str(row.n),
        *(format_estimate(row.scores[critic]["worst"]) for critic in critics),
        *(format_estimate(row.scores[critic].get(EMPATHETIC)) for critic in serving),
        *(format_estimate(row.judged[what], 0) for what in JUDGEMENTS),
        *(format_percent(row.worse[critic]) for critic in critics),
    ]


def _scales(row: ConditionMetrics, critics: Sequence[str]) -> list[str]:
    scores = [format_estimate(row.scores[critic][harm], 0) for critic in critics for harm in HARMS]
    return [row.name, *scores]


def _costs(row: ConditionMetrics) -> list[str]:
    return [
        row.name,
        *(format_percent(share) for share in (row.leaks, row.refused, row.withheld)),
        str(row.failed),
        format_number(row.words),
        format_number(row.rounds),
        format_number(row.calls),
        format_number(row.tokens, 0),
        format_number(row.seconds, 2),
        format_number(row.cost, 5),
    ]


def _rows(differences: Sequence[Difference]) -> list[list[str]]:
    return [
        [f"{one.treated} minus {one.control}", one.measure, format_estimate(one.estimate)]
        for one in differences
    ]
