"""A measured figure, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median, quantiles

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured, its value in ``unit``, and the bound that it has to stay under."""

    what: str
    value: float
    unit: str
    most: float | None = None
    beside: str = ""
    """What helps to read it: another percentile, a ratio."""

    def times(self, other: float, of_what: str) -> Figure:
        """The figure with its ratio to another, in the same unit."""
        ratio = f"{self.value / other:.1f} \N{MULTIPLICATION SIGN} {of_what}"
        return replace(self, beside=f"{self.beside}; {ratio}" if self.beside else ratio)

    @property
    def fits(self) -> bool:
        """Whether it is within its bound, if it has one."""
        return self.most is None or self.value <= self.most

    @property
    def shown(self) -> str:
        """The value with its unit."""
        digits = 0 if self.value == int(self.value) else 1 + (self.value < 1)
        return f"{self.value:.{digits}f} {self.unit}".strip()

    @property
    def bound(self) -> str:
        """The bound with its unit, or nothing."""
        return "" if self.most is None else f"{self.most:g} {self.unit}".strip()


def of_times(what: str, seconds: Sequence[float], *, most_ms: float | None = None) -> Figure:
    """The median of some times in milliseconds, with the 95th percentile beside it."""
    p95 = quantiles(seconds, n=20)[-1] * 1000
    return Figure(what, median(seconds) * 1000, "ms", most_ms, f"p95 {p95:.1f} ms")


def print_table(console: Console, figures: Iterable[Figure]) -> None:
    """The figures for people; what is over its bound in red."""
    table = Table(title="Four Rooms: speed and size", title_justify="left")
    table.add_column("what", no_wrap=True)
    table.add_column("figure", justify="right", no_wrap=True)
    table.add_column("bound", justify="right", no_wrap=True)
    table.add_column("beside")
    for figure in figures:
        style = "green" if figure.fits else "bold red"
        bound = figure.bound and f"{figure.bound}{'' if figure.fits else ', over'}"
        table.add_row(figure.what, f"[{style}]{figure.shown}[/]", bound, figure.beside)
    console.print(table)


def print_markdown(figures: Iterable[Figure]) -> None:
    """The figures for docs/speed.md."""
    print("| what | figure | bound | beside |\n| --- | --- | --- | --- |")  # noqa: T201
    for figure in figures:
        row = (figure.what, figure.shown, figure.bound, figure.beside)
        print(f"| {' | '.join(cell.strip() for cell in row)} |")  # noqa: T201
