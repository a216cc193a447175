"""Numbers from 0 to 100 as short bars of text, for code blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from bot.domain import HARMS, Scores
from bot.reports.text_tables import align_columns
from cogs.shared.text import shortened

WIDTH: Final = 6
"""Blocks of a bar: a line with two of them still fits a telephone."""
MOST_NAME: Final = 14
"""Characters of a scale's name, for the same reason: a server may give its own up to 32."""
NONE: Final = "-"


def bar(value: int, width: int = WIDTH) -> str:
    """Return a bar for a value from 0 to 100; anything above 0 shows at least one block."""
    blocks = round(value * width / 100)
    if value > 0:
        blocks = max(1, blocks)
    return "█" * blocks + "░" * (width - blocks)


def before_and_after(before: Scores | None, after: Scores | None) -> str:
    """Return one line per scale: ``manipulative  62 ████░░ → 18 █░░░░░``."""
    names = {scale: shortened(scale, MOST_NAME) for scale in _scales(before, after)}
    rows = [
        (name, f"{_side(before, scale)} → {_side(after, scale)}") for scale, name in names.items()
    ]
    return align_columns(rows, left=(0, 1), gap=" ")


def values(named: Mapping[str, int]) -> str:
    """Return one line per name: ``confusion  20 ██░░░░``."""
    rows = [(name, f"{value:>3} {bar(value)}") for name, value in named.items()]
    return align_columns(rows, left=(0, 1), gap=" ")


def _scales(before: Scores | None, after: Scores | None) -> Sequence[str]:
    known = {**(before.values if before else {}), **(after.values if after else {})}
    return [*(harm for harm in HARMS if harm in known), *(s for s in known if s not in HARMS)]


def _side(scores: Scores | None, scale: str) -> str:
    value = scores.values.get(scale) if scores else None
    return f"{NONE:>3} {' ' * WIDTH}" if value is None else f"{value:>3} {bar(value)}"
