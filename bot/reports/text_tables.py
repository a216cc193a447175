"""Numbers, estimates and tables as plain text, for a terminal, a code block and a README."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from bot.text.moderator_texts import reader_language, say_number, say_signed
from bot.text.numbers import DECIMAL_COMMA

if TYPE_CHECKING:
    from bot.stats.intervals import Estimate  # it brings numpy, which is loaded when needed

NOT_KNOWN: Final = "-"
NO_INTERVAL: Final = " [?]"


def render_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with columns of even width; the first is left, the others right."""
    widths = _widths([head, *rows])
    rule = ["-" * width if at == 0 else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
    return "\n".join(
        f"| {' | '.join(_padded(cells, widths, {0}))} |" for cells in (head, rule, *rows)
    )


def align_columns(
    rows: Sequence[Sequence[str]], *, left: Collection[int] = (0,), gap: str = "  "
) -> str:
    """Return rows as columns of even width; those with the indices ``left`` are left-aligned."""
    widths = _widths(rows)
    return "\n".join(gap.join(_padded(cells, widths, left)).rstrip() for cells in rows)


def format_number(value: float | None, digits: int = 1) -> str:
    """Return a number, or a dash where none is known."""
    return NOT_KNOWN if value is None else say_number(value, digits)


def format_percent(estimate: Estimate | None) -> str:
    """Return a share 0-1 as per cent with its interval."""
    if estimate is None:
        return NOT_KNOWN
    return f"{say_number(100 * estimate.value)} %{_interval(estimate, 0, 100) or NO_INTERVAL}"


def format_estimate(
    estimate: Estimate | None, digits: int = 1, *, sign: str = "", no_interval: str = NO_INTERVAL
) -> str:
    """Return an estimate with its interval, ``-3.2 [-5.1, -1.0]``.

    ``sign="+"`` writes the sign of a value above 0 too; ``no_interval`` stands where there is none.
    """
    if estimate is None:
        return NOT_KNOWN
    said = (say_signed if sign else say_number)(estimate.value, digits)
    return f"{said}{_interval(estimate, digits) or no_interval}"


def _interval(estimate: Estimate, digits: int, factor: float = 1) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    low, high = (say_number(factor * end, digits) for end in (estimate.low, estimate.high))
    # Between numbers with commas in them, one more would mislead.
    between = "; " if reader_language() in DECIMAL_COMMA else ", "
    return f" [{low}{between}{high}]"


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(len, column)) for column in zip(*rows, strict=True)]


def _padded(cells: Sequence[str], widths: Sequence[int], left: Collection[int]) -> list[str]:
    return [
        cell.ljust(width) if at in left else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
