"""A session's working alliance as a picture: a panel for each scale, both sides over the talk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.agents.alliance.scales import SCALES, AllianceCurve, Side
from bot.reports.chart_style import BLUE, ORANGE, new_figure, open_frame, to_png
from bot.text.moderator_texts import say, say_number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOOKS: Final = {Side.CHATBOT: (BLUE, "o", "-"), Side.THERAPIST: (ORANGE, "s", "--")}
"""Colour, mark and line, so that the sides differ for everybody's eyes."""


def alliance_chart(curve: AllianceCurve, title: str) -> bytes:
    """Draw one method's curve as a PNG. Takes some tenths of a second; call it in a thread.

    Raises ValueError if there is nothing to draw.
    """
    if not curve.points:
        raise ValueError("there is no alliance to draw")
    figure = new_figure(9.6, 3.2)
    panels = figure.subplots(1, len(SCALES), sharey=True)
    for panel, scale in zip(panels, SCALES, strict=True):
        _draw(panel, scale, curve)
    panels[0].legend(frameon=False)
    panels[0].set_ylabel(curve.method, fontsize=8)
    figure.suptitle(title)
    return to_png(figure)


def _draw(panel: Axes, scale: str, curve: AllianceCurve) -> None:
    for side, (colour, mark, line) in _LOOKS.items():
        points = [point for point in curve.points if point.side is side]
        panel.plot(
            [point.number for point in points],
            [point.values[scale] for point in points],
            color=colour, marker=mark, linestyle=line, label=say(side.value).capitalize(),
        )  # fmt: skip
    panel.set_title(say(scale))
    panel.set_xlabel(say("said, in order"))
    panel.set_xticks([point.number for point in curve.points])
    panel.yaxis.set_major_formatter(lambda value, _: say_number(value, 2))
    panel.grid(alpha=0.4)
    open_frame(panel)
