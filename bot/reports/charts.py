"""The share of replies that needed help, day by day, as a picture that reads on a telephone.

The picture brings its own background, so that it reads the same on a dark and on a light page.
Before and after differ by colour and by hatching.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bot.domain.day_shares import DayShare
from bot.reports.chart_style import BLUE, GRID, INK, ORANGE, PAPER, new_figure, open_frame, to_png
from bot.reports.days import percent, total_of
from bot.text.moderator_texts import say, say_count, say_day

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TITLE: Final = 60
"""Characters of a title, which stands on one line."""
MOST_DATES: Final = 8
"""Dates on the axis: more would stand on each other."""
MOST_LABELLED: Final = 10
"""Days up to which each bar bears its number, so that none at all is seen to be none."""
_WIDTH: Final = 0.4
"""Of a bar, in days: two stand beside each other."""


def draw_days(days: Sequence[DayShare], title: str) -> bytes:
    """Draw the days as a PNG. Takes some tenths of a second; call it in a thread.

    Raises ValueError if there are none.
    """
    if not days:
        raise ValueError("there are no days to draw")
    figure = new_figure(8.0, 5.0)
    head, axes = figure.subplots(2, 1, height_ratios=[1, 3])
    _say(head, total_of(days), title)
    _draw_bars(axes, days, [day.needed_share for day in days], -_WIDTH / 2, before=True)
    _draw_bars(axes, days, [day.still_share for day in days], _WIDTH / 2, before=False)
    _dress(axes, days)
    _explain(figure, axes)
    return to_png(figure)


def _say(axes: Axes, total: DayShare, title: str) -> None:
    """Write the title, one big number, and what it means."""
    axes.set_axis_off()
    axes.text(0, 1, drawable(title), fontsize=14, va="top", color=INK, fontweight="bold")
    axes.text(0, 0, percent(total.still_share), fontsize=40, va="bottom", color=BLUE,
              fontweight="bold")  # fmt: skip
    axes.text(
        0.24,
        0.05,
        say_count(
            "of {count} reply still needed help after therapy,\n{needed} before it",
            "of {count} replies still needed help after therapy,\n{needed} before it",
            total.replies,
            needed=percent(total.needed_share),
        ),
        fontsize=14,
        va="bottom",
        color=INK,
    )


def drawable(text: str) -> str:
    """Return people's words as far as the font has them, short enough to stand above a picture."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415

    glyphs = get_font(findfont(FontProperties())).get_charmap()
    drawn = "".join(character for character in text if ord(character) in glyphs)
    if len(drawn) > MOST_TITLE:
        drawn = drawn[: MOST_TITLE - 1].rstrip() + "…"
    return drawn.replace("$", r"\$")  # it would be read as mathematics


def _draw_bars(
    axes: Axes, days: Sequence[DayShare], shares: Sequence[float], at: float, *, before: bool
) -> None:
    places = [number + at for number, day in enumerate(days) if day.replies]
    heights = [100 * share for share, day in zip(shares, days, strict=True) if day.replies]
    bars = axes.bar(
        places,
        heights,
        _WIDTH,
        label=say("before therapy") if before else say("after therapy"),
        color=PAPER if before else BLUE,
        edgecolor=ORANGE if before else BLUE,
        hatch="///" if before else None,
    )
    if len(days) <= MOST_LABELLED:
        axes.bar_label(bars, fmt="%.0f %%", fontsize=11, color=INK, padding=2)


def _dress(axes: Axes, days: Sequence[DayShare]) -> None:
    step = -(-len(days) // MOST_DATES)
    ticks = range(0, len(days), step)
    axes.set_xticks([*ticks], [say_day(days[tick].day) for tick in ticks])
    axes.set_xlim(-1, len(days))
    axes.set_ylim(0, 110)
    axes.set_yticks([0, 50, 100], ["0 %", "50 %", "100 %"])
    axes.tick_params(colors=INK, labelsize=12, length=0)
    axes.set_facecolor(PAPER)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    open_frame(axes)


def _explain(figure: Figure, axes: Axes) -> None:
    handles, names = axes.get_legend_handles_labels()
    figure.legend(
        handles, names, loc="outside lower center", ncols=2, fontsize=12, frameon=False,
        labelcolor=INK,
    )  # fmt: skip
