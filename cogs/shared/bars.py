"""Numbers from 0 to 100 as short bars of text, for code blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.domain import Scores
from bot.domain.scores import EMPATHETIC, in_order
from bot.reports.text_tables import align_columns
from bot.text.moderator_texts import say
from cogs.shared.text import shortened

WIDTH: Final = 6
"""Blocks of a bar: a line with two of them still fits a telephone."""
MOST_NAME: Final = 14
"""Characters of a scale's name, for the same reason: a server may give its own up to 32."""
EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
"""Parts of a block, by their number of eighths: so that 1 and 16 do not look the same."""
NONE: Final = "-"
UP: Final = "↑"
"""The mark of a scale on which higher is better."""


def bar(value: int, width: int = WIDTH) -> str:
    """Return a bar for a value from 0 to 100, to the eighth of a block; above 0 shows something."""
    eighths = max(round(value * width * 8 / 100), 1 if value > 0 else 0)
    blocks = "█" * (eighths // 8) + EIGHTHS[eighths % 8]
    return blocks + "░" * (width - len(blocks))


def before_and_after(before: Scores | None, after: Scores | None) -> str:
    """Return one line per scale: ``manipulative  62 ████░░ → 18 █░░░░░``.

    The arrow behind *empathetic* says that there a high number is what one wants.
    """
    sides = tuple(scores.shown if scores else {} for scores in (before, after))
    rows = [
        (_name(scale), " → ".join(_side(values, scale) for values in sides))
        for scale in in_order([*sides[0], *sides[1]])
    ]
    return align_columns(rows, left=(0, 1), gap=" ")


def values(named: Mapping[str, int]) -> str:
    """Return one line per name: ``confusion  20 ██░░░░``."""
    rows = [(name, f"{value:>3} {bar(value)}") for name, value in named.items()]
    return align_columns(rows, left=(0, 1), gap=" ")


def _name(scale: str) -> str:
    return f"{say(scale)} {UP}" if scale == EMPATHETIC else shortened(say(scale), MOST_NAME)


def _side(values: Mapping[str, int], scale: str) -> str:
    value = values.get(scale)
    return f"{NONE:>3} {' ' * WIDTH}" if value is None else f"{value:>3} {bar(value)}"
