"""Progress bars: of a model that is fetched and checked, and of the stages of any long work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from bot.llm.embedded.model_files import ShowProgress

_STEP: Final = 10
"""Per cent between two lines where there is no terminal for a bar."""


class StageBars:
    """Bars on a terminal, one for each stage from its first report on; elsewhere plain lines.

    Use it as a context.
    """

    def __init__(self, console: Console, *columns: ProgressColumn) -> None:
        """Choose the columns that stand after the stage's name and its bar."""
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            *columns,
            console=console,
            disable=not console.is_terminal,
        )
        self._print = None if console.is_terminal else _Lines(console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, stage: str, done: int, whole: int, *, text: str | None = None) -> None:
        """Show how much of a stage is done; ``text`` stands in place of its name."""
        named = text or stage
        if self._print is not None:
            self._print.tell(stage, f"{named}: {done:,} of {whole:,}", done, whole)
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._progress.add_task(named, total=whole)
        self._progress.update(self._tasks[stage], description=named, completed=done, total=whole)


def announce(text: str) -> None:
    """Say something on standard error, before the work that it is about."""
    Console(stderr=True).print(text, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def progress_bar(title: str) -> Iterator[ShowProgress]:
    """Show progress on standard error: as a bar, or in lines where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        lines = _Lines(console)

        def tell(what: str, done: int, size: int) -> None:
            percent = done * 100 // max(size, 1) // _STEP * _STEP
            lines.tell(what, f"{title}: {what}, {percent} %", done, size)

        yield tell
        return
    columns = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with StageBars(console, *columns) as bars:

        def show(what: str, done: int, size: int) -> None:
            bars.show(title, done, size, text=f"{title}: {what}")

        yield show


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show that something goes on whose end nobody can reckon; a line where there is no terminal.

    It stands on standard error, so that what a command says can be piped.
    """
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(f"{what} \u2026"):
            yield
        return
    announce(f"{what} \u2026")
    yield


class _Lines:
    """A line for each tenth of a stage, and none twice."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, int] = {}

    def tell(self, stage: str, line: str, done: int, whole: int) -> None:
        """Print a line if the stage has come a step further."""
        step = done * 100 // max(whole, 1) // _STEP
        if step != self._last.get(stage):
            self._last[stage] = step
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)
