"""The rules for crises on labelled messages: what they find, what they overlook, how quick."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.domain.crisis import CrisisSign
from bot.evaluation.datasets.datasets import CrisisRow

Detect = Callable[[Sequence[str]], CrisisSign | None]


@dataclass(frozen=True, slots=True)
class CrisisResult:
    """A row with what the rules made of it."""

    row: CrisisRow
    sign: CrisisSign | None

    @property
    def found(self) -> bool:
        """Return whether the rules saw danger."""
        return self.sign is not None


@dataclass(frozen=True, slots=True)
class CrisisBenchmark:
    """The results of all rows, and the messages a second."""

    results: tuple[CrisisResult, ...]
    per_second: float


@dataclass(frozen=True, slots=True)
class Share:
    """A share by counts: ``part`` of ``whole``."""

    part: int
    whole: int


def run_crisis_benchmark(rows: Sequence[CrisisRow], detect: Detect) -> CrisisBenchmark:
    """Let the rules judge each row."""
    detect(["hello"])  # loads the rules, which is not what is timed
    began = time.perf_counter()
    results = tuple(CrisisResult(row, detect(row.messages)) for row in rows)
    seconds = max(time.perf_counter() - began, 1e-9)
    return CrisisBenchmark(results, len(rows) / seconds)


def recall(results: Sequence[CrisisResult]) -> Share:
    """Return the share of rows with danger in which it was seen."""
    crises = [result for result in results if result.row.crisis]
    return Share(sum(result.found for result in crises), len(crises))


def false_alarms(results: Sequence[CrisisResult]) -> Share:
    """Return the share of rows without danger in which some was seen."""
    harmless = [result for result in results if not result.row.crisis]
    return Share(sum(result.found for result in harmless), len(harmless))


def recall_by_talk(results: Sequence[CrisisResult]) -> Share:
    """Return the share of talks with danger in which it was seen in at least one row."""
    talks: dict[tuple[str, str], bool] = {}
    for result in results:
        if result.row.crisis and result.row.talk:
            key = (result.row.language, result.row.talk)
            talks[key] = talks.get(key, False) or result.found
    return Share(sum(talks.values()), len(talks))
