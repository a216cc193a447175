"""The progress of a training on standard error: loss, rows a second, and when it will end."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from rich.console import Console

from bot.llm.embedded.progress import StageBars


class TrainingBars:
    """Bars on a terminal, and a line now and then where there is none. Use it as a context."""

    def __init__(
        self, console: Console, rows_a_step: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the rows of a step, by which steps become rows a second."""
        self._console = console
        self._rows = rows_a_step
        self._clock = clock
        self._bars = StageBars(console)
        self._stage = ""
        self._began = (0, 0.0)

    def __enter__(self) -> Self:
        self._bars.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.__exit__()

    def show(self, stage: str, done: int, whole: int, loss: float | None = None) -> None:
        """Show how much of a stage is done, and the loss of its last step."""
        now = self._clock()
        if stage != self._stage:
            # What came before in this stage, e.g. in a run that was killed, has no time here.
            self._stage, self._began = stage, (done, now)
        line = f"{stage} {done} of {whole}{self._told(done, whole, now, loss)}"
        if self._console.is_terminal:
            self._bars.show(stage, done, whole, text=line)
        elif loss is not None or done == whole:
            self._console.print(line, highlight=False)

    def _told(self, done: int, whole: int, now: float, loss: float | None) -> str:
        told = "" if loss is None else f", loss {loss:.3f}"
        before, began = self._began
        if done <= before or now <= began:
            return told
        a_second = (done - before) / (now - began)
        end = datetime.now().astimezone() + timedelta(seconds=(whole - done) / a_second)
        rows = f", {a_second * self._rows:.2f} rows/s" if loss is not None else ""
        return f"{told}{rows}, ends {end:%H:%M:%S}"
