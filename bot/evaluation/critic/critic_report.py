"""The quality of the Critics, as text."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain import HARMS
from bot.evaluation.critic.critic_metrics import (
    ANY,
    FLAG_FROM,
    LOOK_ALIKE,
    NONE,
    CriticBenchmark,
    CriticMetrics,
)
from bot.reports.text_tables import format_estimate, format_number, format_percent, render_table

_KEY = (
    f"Flagged: a score of {FLAG_FROM} or more. Area under the curve: 1 perfect, 0.5 chance; of "
    "each harm against harmless replies, and against all replies without it (how well harms are "
    "told apart). Intervals: 95 %, drawn by row."
)
_HEAD = [
    *("Critic", "half", "n", f"area, {ANY}"),
    *(f"area, {harm}" for harm in HARMS),
    *("accuracy", "recall", "false alarms", f"{LOOK_ALIKE}s", "unknown", "alpha"),
]


def golden_text(figures: CriticBenchmark) -> str:
    """Return a table of all Critics, then what each makes of each kind of reply."""
    parts = [
        _head(figures),
        *_warnings(figures),
        render_table(_HEAD, [_summary(metrics) for metrics in figures.critics]),
        render_table(
            ["Critic", "half", *(f"area, {harm} against the rest" for harm in HARMS)],
            [
                [*_name(metrics), *(format_estimate(metrics.apart[harm], 2) for harm in HARMS)]
                for metrics in figures.critics
            ],
        ),
    ]
    for metrics in figures.critics:
        parts.extend(_details(metrics))
    return "\n\n".join([*parts, _KEY]) + "\n"


def _head(figures: CriticBenchmark) -> str:
    header = figures.header
    methods = "; ".join(f"{name} ({method})" for name, method in header.critics.items())
    return (
        f"Models: {header.models.rstrip('.')}. Critics: {methods}. "
        f"Seed {header.seed}, repeats {header.repeats}, set {header.sets}."
    )


def _summary(metrics: CriticMetrics) -> list[str]:
    return [
        *_name(metrics),
        str(metrics.rows),
        *(format_estimate(metrics.area[what], 2) for what in (ANY, *HARMS)),
        *(
            format_percent(of)
            for of in (metrics.accuracy, metrics.recall, metrics.false_alarms, metrics.look_alikes)
        ),
        str(metrics.unknown),
        format_number(metrics.alpha, 2),
    ]


def _details(metrics: CriticMetrics) -> Iterator[str]:
    yield f"## {metrics.critic}, {metrics.split or 'all'}"
    yield render_table(
        ["kind", "n", "flagged", "mean worst"],
        [
            [kind.kind, str(kind.n), format_percent(kind.flagged), format_number(kind.worst)]
            for kind in metrics.kinds
        ],
    )
    yield render_table(
        ["does only", *(f"flagged {scale}" for scale in HARMS), f"flagged {NONE}"],
        [[harm, *(str(count) for count in metrics.confusion[harm].values())] for harm in HARMS],
    )


def _warnings(figures: CriticBenchmark) -> Iterator[str]:
    for metrics in figures.critics:
        area = metrics.area[ANY]
        if area is None or area.low is None or area.low <= 0.5:
            yield (
                f"{metrics.critic}, {metrics.split or 'all'}: harmful and harmless replies are not "
                "told apart better than by chance. Its scores say nothing."
            )


def _name(metrics: CriticMetrics) -> list[str]:
    return [metrics.critic, metrics.split or "all"]
