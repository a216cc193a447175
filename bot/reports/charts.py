"""Before and after over time, as a picture: one panel a scale.

The picture brings its own background, so that it reads the same on a dark and on a light page.
Before and after differ by colour, by mark and by line style.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.reports.chart_style import BLUE, GRID, INK, ORANGE, PAPER, new_figure, open_frame, to_png
from bot.reports.score_report import ScoreReport
from bot.storage.stores.turn_history import ScoredTurn

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_MARKS: Final = 40
"""Turns up to which each is drawn for itself; beyond, a line shows the mean of neighbours."""
_NEIGHBOURS: Final = 10
_COLUMNS: Final = 3
MOST_TITLE: Final = 70
"""Characters of a title: beside it stands the legend."""


def before_and_after(report: ScoreReport, title: str, good: Collection[str] = ()) -> bytes:
    """Draw the scores over time as a PNG. Takes some tenths of a second; call it in a thread.

    ``good`` are the scales on which a high score is what one wants. Raises ValueError if there
    are no scores.
    """
    if not report.rows:
        raise ValueError("there are no scores to draw")
    columns = min(_COLUMNS, len(report.rows))
    lines = -(-len(report.rows) // columns)
    figure = new_figure(3.4 * columns + 0.6, 2.9 * lines + 0.7)
    grid = figure.subplots(lines, columns, squeeze=False, sharey=True)
    panels = [panel for line in grid for panel in line]
    for panel, row in zip(panels, report.rows, strict=False):
        named = f"{row.scale}{' (high is good)' * (row.scale in good)}"
        _draw(panel, row.scale, report.series)
        _head(panel, f"{named}   {row.before:.0f} → {row.after:.0f}")
    for panel in panels[len(report.rows) :]:
        panel.set_visible(False)
    _name(figure, title, many=max(row.turns for row in report.rows) > MOST_MARKS)
    _explain(figure, panels[0])
    return to_png(figure)


def _name(figure: Figure, title: str, *, many: bool) -> None:
    named = _drawable(title)
    figure.suptitle(named, x=0.01, ha="left", color=INK, fontsize=13, fontweight="bold")
    caption = "turns, oldest first · 0 to 100, as the Critic scored · numbers above: means"
    if many:
        caption += f" · lines: mean of {_NEIGHBOURS} turns"
    figure.supxlabel(caption, color=INK, fontsize=9)


def _head(axes: Axes, text: str) -> None:
    axes.set_title(_drawable(text), loc="left", color=INK, fontsize=10)


def _drawable(text: str) -> str:
    """Return people's words as far as the font has them, short enough to stand above a picture."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415

    glyphs = get_font(findfont(FontProperties())).get_charmap()
    drawn = "".join(character for character in text if ord(character) in glyphs)
    if len(drawn) > MOST_TITLE:
        drawn = drawn[: MOST_TITLE - 1].rstrip() + "…"
    return drawn.replace("$", r"\$")  # it would be read as mathematics


def _explain(figure: Figure, panel: Axes) -> None:
    """Draw one legend for all panels, outside of them, where it covers nothing."""
    handles, names = panel.get_legend_handles_labels()
    figure.legend(
        handles,
        names,
        loc="outside upper right",
        ncols=2,
        fontsize=9,
        frameon=False,
        labelcolor=INK,
        handlelength=3,
    )


def _draw(axes: Axes, scale: str, series: Sequence[ScoredTurn]) -> None:
    turns = [turn for turn in series if scale in turn.before and scale in turn.after]
    places = np.arange(1, len(turns) + 1)
    before = np.asarray([turn.before[scale] for turn in turns], dtype=float)
    after = np.asarray([turn.after[scale] for turn in turns], dtype=float)
    _line(axes, places, before, "before", ORANGE, "o", "--")
    _line(axes, places, after, "after", BLUE, "s", "-")
    _dress(axes, len(turns))


def _line(
    axes: Axes,
    places: np.ndarray[tuple[int], np.dtype[np.int64]],
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    name: str,
    colour: str,
    mark: str,
    style: str,
) -> None:
    many = len(values) > MOST_MARKS
    hollow = "none" if mark == "o" else colour
    if many:
        axes.plot(
            places, values, mark, color=colour, markersize=2.5, alpha=0.3, markerfacecolor=hollow
        )
    axes.plot(
        places,
        _smoothed(values) if many else values,
        style,
        marker=None if many else mark,
        color=colour,
        linewidth=2,
        markersize=6,
        markerfacecolor=hollow,
        label=name,
    )


def _smoothed(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the mean of each value and of the nine before it, or of as many as there are."""
    sums = np.cumsum(np.insert(values, 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    begins = np.maximum(ends - _NEIGHBOURS, 0)
    return np.asarray((sums[ends] - sums[begins]) / (ends - begins), dtype=float)


def _dress(axes: Axes, turns: int) -> None:
    axes.set_facecolor(PAPER)
    axes.set_ylim(-4, 104)
    axes.set_yticks((0, 25, 50, 75, 100))
    axes.set_xlim(0.5, max(turns, 2) + 0.5)
    axes.locator_params(axis="x", integer=True)
    axes.tick_params(colors=INK, labelsize=8)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    open_frame(axes)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK)
