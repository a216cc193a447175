"""A progress bar for what takes long at a start: a model that is fetched and checked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from bot.llm.embedded.model_files import ShowProgress

_STEP: Final = 10
"""Per cent between two lines where there is no terminal for a bar."""


@contextmanager
def progress_bar(title: str) -> Iterator[ShowProgress]:
    """Shows progress on standard error: as a bar, or in lines where that is no terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console, title)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = None

        def show(what: str, done: int, size: int) -> None:
            nonlocal task
            if task is None:  # no bar at all where there is nothing to do
                task = progress.add_task(title, total=size)
            progress.update(task, description=f"{title}: {what}", completed=done, total=size)

        yield show


def _lines(console: Console, title: str) -> ShowProgress:
    shown = ("", -1)

    def show(what: str, done: int, size: int) -> None:
        nonlocal shown
        step = done * 100 // max(size, 1) // _STEP
        if (what, step) != shown:
            shown = (what, step)
            console.print(f"{title}: {what}, {step * _STEP} %", highlight=False)

    return show
