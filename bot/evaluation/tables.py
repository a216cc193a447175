"""Plain text tables, for a terminal and for a README."""

from __future__ import annotations

from collections.abc import Sequence

from bot.stats.intervals import Estimate


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table with columns of even width; the first is left, the others right."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    rule = ["-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
    return "\n".join(_row(cells, widths) for cells in (head, rule, *rows))


def number(value: float | None, digits: int = 1) -> str:
    """A number, or a dash where none is known."""
    return "-" if value is None else f"{value:.{digits}f}"


def percent(estimate: Estimate | None) -> str:
    """A share 0-1 as per cent with its interval."""
    if estimate is None:
        return "-"
    if estimate.low is None or estimate.high is None:
        return f"{100 * estimate.value:.0f} % [?]"
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{100 * estimate.value:.0f} % [{low:.0f}, {high:.0f}]"


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
