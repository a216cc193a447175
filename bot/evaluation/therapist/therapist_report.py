"""What the Therapist finds on labelled drafts, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bot.evaluation.therapist.therapist_metrics import (
    ALL,
    FindingMetrics,
    GroupMetrics,
    TherapistBenchmark,
)
from bot.reports.text_tables import format_estimate, format_number, format_percent, render_table

_KEY: Final = (
    "Recall: unfit drafts that the Therapist works on. False alarms: fit ones. Area under the "
    "curve of its reading, for unfit: 1 perfect, 0.5 chance. Right order: of a fit and an unfit "
    "draft of one message, how often the unfit one is read as worse. Intervals: 95 %, drawn by "
    "situation."
)
_UNGRADED: Final = (
    "The readings are a yes or no only: the area is that of one point, and ties count half."
)
_COLUMNS: Final = ("n", "unfit", "recall", "false alarms", "area")


def therapist_text(figures: TherapistBenchmark) -> str:
    """Return the tables: overall, by kind and language, by finding."""
    return "\n\n".join(_parts(figures)) + "\n"


def _parts(figures: TherapistBenchmark) -> Iterator[str]:
    header = figures.header
    yield (
        f"Models: {header.models.rstrip('.')}. {header.what}. Seed {header.seed}, set "
        f"{header.sets}."
    )
    if figures.failed:
        yield f"{figures.failed} reviews failed and are missing from the figures."
    if not figures.graded:
        yield _UNGRADED
    for by in dict.fromkeys(group.by for group in figures.groups):
        head = ("drafts" if by == ALL else by, *_COLUMNS)
        yield render_table(head, [_group(one) for one in figures.groups if one.by == by])
    yield render_table(
        ("finding", "n", "worked on", "named", "named where it is not"),
        _findings(figures.findings),
    )
    order = format_percent(figures.right_order)
    yield f"Right order within a situation: {order} of {figures.pairs} pairs."
    yield (
        f"A review: {format_number(figures.calls)} calls, {format_number(figures.tokens, 0)} "
        f"tokens, {format_number(figures.seconds, 2)} s."
    )
    yield _KEY


def _group(group: GroupMetrics) -> list[str]:
    return [
        group.group or "-",
        str(group.n),
        str(group.unfit),
        format_percent(group.recall),
        format_percent(group.false_alarms),
        format_estimate(group.area, 2),
    ]


def _findings(findings: Sequence[FindingMetrics]) -> list[list[str]]:
    return [
        [
            one.finding,
            str(one.n),
            *(format_percent(of) for of in (one.recall, one.named, one.named_elsewhere)),
        ]
        for one in findings
    ]
