"""The paper, ink and shape that all charts share.

Blue and orange are a pair that colour-blind people can tell apart, after M. Okabe and K. Ito.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PAPER: Final = "#f4f5f7"
INK: Final = "#22252b"
GRID: Final = "#c9ccd3"
BLUE: Final = "#0060a8"
ORANGE: Final = "#b34f00"


def new_figure(width: float, height: float, *, paper: str | None = PAPER) -> Figure:
    """Return an empty figure, in inches; without ``paper``, on matplotlib's own background.

    It is drawn without pyplot, which keeps state and may ask for a display; and matplotlib is
    loaded only when there is something to draw.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    figure = Figure(figsize=(width, height), layout="constrained", facecolor=paper)
    FigureCanvasAgg(figure)
    return figure


def to_png(figure: Figure) -> bytes:
    """Return the figure as a PNG."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=140)
    return png.getvalue()


def open_frame(axes: Axes) -> None:
    """Leave the lines at the left and below, and take those above and at the right away."""
    axes.spines[["top", "right"]].set_visible(False)
