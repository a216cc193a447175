"""A session's working alliance as a picture: a panel for each scale, both sides over the talk."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from bot.agents.alliance.scales import SCALES, AllianceCurve, Side

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAPER: Final = "#f4f5f7"
_LOOKS: Final = {Side.CHATBOT: ("#0060a8", "o", "-"), Side.THERAPIST: ("#b34f00", "s", "--")}
"""Colour, mark and line, so that the sides differ for everybody's eyes."""


def alliance_chart(curve: AllianceCurve, title: str) -> bytes:
    """A PNG of one method's curve. Takes some tenths of a second; call it in a thread.

    Raises ValueError if there is nothing to draw.
    """
    if not curve.points:
        raise ValueError("there is no alliance to draw")
    # Drawn without pyplot, which keeps state and may ask for a display; and loaded when needed.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(9.6, 3.2), layout="constrained", facecolor=_PAPER)
    FigureCanvasAgg(figure)
    panels = figure.subplots(1, len(SCALES), sharey=True)
    for panel, scale in zip(panels, SCALES, strict=True):
        _draw(panel, scale, curve)
    panels[0].legend(frameon=False)
    panels[0].set_ylabel(curve.method, fontsize=8)
    figure.suptitle(title)
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=140)
    return made.getvalue()


def _draw(panel: Axes, scale: str, curve: AllianceCurve) -> None:
    for side, (colour, mark, line) in _LOOKS.items():
        points = [point for point in curve.points if point.side is side]
        panel.plot(
            [point.number for point in points],
            [point.values[scale] for point in points],
            color=colour, marker=mark, linestyle=line, label=side.value.capitalize(),
        )  # fmt: skip
    panel.set_title(scale)
    panel.set_xlabel("said, in order")
    panel.set_xticks([point.number for point in curve.points])
    panel.grid(alpha=0.4)
    panel.spines[["top", "right"]].set_visible(False)
