"""An evaluation's figures as a picture: the scores of each condition, and therapy minus control."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.evaluation.comparison.comparison_metrics import ComparisonMetrics, Table, worst_by
from bot.evaluation.comparison.conclusions import headline
from bot.evaluation.comparison.conditions import NO_THERAPY
from bot.evaluation.run_records import DRAFT
from bot.private_files import make_private_file, make_private_folder
from bot.reports.chart_style import new_figure, open_frame
from bot.stats.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKS: Final = ("o", "s", "^", "D")
_APART: Final = 0.18
"""Vertical distance between Critics on one line."""


def draw(figures: ComparisonMetrics, path: Path) -> None:
    """Write the picture (PNG or SVG, by the file's ending)."""
    table = headline(figures) or figures.tables[0]
    critics = tuple(figures.header.critics)
    lines = [(one.treated, one.control) for one in table.differences]
    pairs = list(dict.fromkeys(lines))
    height = 1.6 + 0.45 * (len(table.conditions) + len(pairs))
    figure = new_figure(9, height, paper=None)
    ratios = [len(table.conditions), max(1, len(pairs))]
    above, below = figure.subplots(2, 1, height_ratios=ratios)
    _conditions(above, table, critics)
    _differences(below, table, critics, pairs)
    make_private_folder(path.parent)
    make_private_file(path)
    figure.savefig(path, dpi=150)


def _conditions(axes: Axes, table: Table, critics: Sequence[str]) -> None:
    names = [row.name for row in table.conditions]
    # "No therapy" is the draft, which needs no second line.
    rows = [row for row in table.conditions if row.name != DRAFT or NO_THERAPY not in names]
    for at, critic in enumerate(critics):
        estimates = [row.scores[critic]["worst"] for row in rows]
        _points(axes, estimates, at, critic)
    _lines(axes, [row.name for row in rows])
    axes.set_xlim(-2, 102)
    axes.set_xlabel("worst of the three scores, 0-100 (lower is better), 95 % intervals")
    axes.set_title(f"{table.group}, {table.scenarios} scenarios", loc="left")
    axes.legend(
        title="Critic", frameon=False, ncols=len(critics), loc="lower right", bbox_to_anchor=(1, 1)
    )


def _differences(
    axes: Axes, table: Table, critics: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> None:
    by_key = {(one.treated, one.control, one.measure): one.estimate for one in table.differences}
    for at, critic in enumerate(critics):
        estimates = [by_key.get((*pair, worst_by(critic))) for pair in pairs]
        _points(axes, estimates, at, critic)
    _lines(axes, [f"{treated} minus {control}" for treated, control in pairs])
    axes.axvline(0, color="grey", linewidth=1)
    axes.set_xlabel("difference in points (left of 0: therapy is better)")


def _points(axes: Axes, estimates: Sequence[Estimate | None], at: int, critic: str) -> None:
    points = [(line, one) for line, one in enumerate(estimates) if one is not None]
    values = [one.value for _, one in points]
    # A corrected interval of a skewed statistic may lie wholly on one side of its value.
    low = [0 if one.low is None else max(0, one.value - one.low) for _, one in points]
    high = [0 if one.high is None else max(0, one.high - one.value) for _, one in points]
    places = [line + at * _APART for line, _ in points]
    axes.errorbar(
        values, places, xerr=[low, high], fmt=_MARKS[at % len(_MARKS)], capsize=3, label=critic
    )


def _lines(axes: Axes, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(axis="x", alpha=0.3)
    open_frame(axes)
