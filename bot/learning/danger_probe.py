"""The fit of the reading of danger, and what it finds beside the rules.

python -m bot.learning.danger_probe STATES [--most N] [--report-on N] [--seed N]

Fits ``prompts/therapist/danger.json`` for the embedded model on rows of
``prompts/golden/crisis.jsonl`` from which rules were written, with everyday talk of
``talk_messages.jsonl`` among them, and reports on those that nothing was tuned on: what the rules
find, what the reading finds, and both. ``--most`` are read to fit it and ``--report-on`` to report,
as many unless said, drawn by the seed, and all complaints besides. What was read of the model is
kept in STATES, so that a run goes on where it was broken off.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from bot.agents.probes.danger_reader import DANGER, READ_DANGER
from bot.agents.probes.linear_probe import Direction, ProbeFile, save_probe
from bot.app.llm_factory import open_llms
from bot.domain import Agent, Conversation
from bot.errors import SettingError
from bot.evaluation.crisis.command import CRISES
from bot.evaluation.crisis.crisis_benchmark import Share
from bot.evaluation.crisis.crisis_report import APART, COMPLAINT, EVERYDAY, show_share
from bot.evaluation.datasets.datasets import CrisisRow, DatasetLine, as_conversation, load_crises
from bot.evaluation.datasets.talk_sets import TalkRoom, load_talk_rooms
from bot.learning.feature_cache import FeatureCache
from bot.learning.probe_fit import (
    FOLDS,
    STRENGTHS,
    Array,
    direction_of,
    fit_balanced,
    unseen_odds,
)
from bot.llm.protocol import LLM, CallRecord
from bot.logs import set_up_logging
from bot.prompting.templates import FOLDER, Prompts
from bot.reports.text_tables import render_table
from bot.rooms.chat.crisis.detector import detect
from bot.settings import Settings
from bot.stats.classification import auroc

LOOK_ALIKES: Final = 0.02
"""Share of unseen look-alikes that the level lets raise an alarm."""
OTHERS: Final = 0.003
"""Share of unseen everyday lines that it lets; the higher of the two levels holds."""
_FEWEST: Final = 40
"""Rows of danger and of none without which nothing is fitted."""
MOST_LINES: Final = 4
"""A person's last lines that are read."""
READ_WHOLE: Final = COMPLAINT
"""The kind of which every row is read, however few of the others are: of a thousand rows drawn by
chance some twenty would be complaints, and a reading fitted on so few took complaints for danger.
"""
TALK: Final = FOLDER / "golden" / "talk_messages.jsonl"
_TALK_SPLITS: Final[Mapping[str, Collection[str]]] = {
    "tune": ("train", "validation"),
    "test": ("test",),
}


@dataclass(frozen=True, slots=True)
class DangerRow:
    """A labelled row as a talk of one person, whose name is not shown."""

    row: CrisisRow

    @property
    def conversation(self) -> Sequence[DatasetLine]:
        """The person's lines, oldest first."""
        return [DatasetLine(speaker="Kim", text=text) for text in self.row.messages]

    @property
    def talk(self) -> Conversation:
        """The same as a conversation."""
        return as_conversation(self.conversation)

    @property
    def reply(self) -> str:
        """No text: none is looked at."""
        return ""


@dataclass(frozen=True, slots=True)
class FittedDanger:
    """Weights that were fitted, how, and what they are worth on rows of other folds (0-1)."""

    direction: Direction
    strength: float
    area: float


def fit_danger(states: Array, rows: Sequence[CrisisRow]) -> FittedDanger:
    """Return the reading of those states, with the best of `STRENGTHS`.

    50 of 100 is where no more than `LOOK_ALIKES` and `OTHERS` of the unseen harmless rows read as
    much; a complaint counts as a look-alike. ValueError where there are too few rows of danger or
    of none.
    """
    danger = np.array([row.crisis for row in rows], dtype=float)
    if min(danger.sum(), len(rows) - danger.sum()) < _FEWEST:
        raise ValueError(f"at least {_FEWEST} rows of danger, and as many of none, are needed")
    space = np.linalg.svd(states, full_matrices=False)[2].T
    features, folds = states @ space, _folds(rows)
    tried = {
        one: unseen_odds(features, danger, folds, partial(fit_balanced, strength=one))
        for one in STRENGTHS
    }
    best = max(STRENGTHS, key=lambda one: _area(tried[one], danger))
    level = _level(tried[best], rows)
    direction = direction_of(space, fit_balanced(features, danger, best), (1.0, -level))
    return FittedDanger(direction, best, _area(tried[best], danger))


def _area(odds: Array, danger: Array) -> float:
    return auroc(list(odds[danger > 0]), list(odds[danger == 0])) or 0.0


def _level(odds: Array, rows: Sequence[CrisisRow]) -> float:
    """Return the log-odds from which an alarm is raised; complaints are among the look-alikes."""
    everyday = [float(at) for at, row in zip(odds, rows, strict=True) if row.kind == EVERYDAY]
    others = [
        float(at)
        for at, row in zip(odds, rows, strict=True)
        if not row.crisis and row.kind != EVERYDAY
    ]
    levels = [(everyday, OTHERS), (others, LOOK_ALIKES)]
    return max(float(np.quantile(seen, 1 - share)) for seen, share in levels if seen)


def _folds(rows: Sequence[CrisisRow]) -> Array:
    """Return each row's fold, dealt by talk, so that none is on both sides."""
    talks = {name: at for at, name in enumerate(sorted({row.talk or row.id for row in rows}))}
    return np.array([talks[row.talk or row.id] % FOLDS for row in rows], dtype=float)


def report(rows: Sequence[CrisisRow], odds: Array) -> str:
    """Return what rules, reading and both find in rows that were not fitted on, as a table."""
    ruled = [detect(row.messages) is not None for row in rows]
    read = [bool(odd >= 0) for odd in odds]
    both = [a or b for a, b in zip(ruled, read, strict=True)]
    ways = (("rules", ruled), ("reading", read), ("both", both))
    head = [
        "found by",
        "n",
        "recall",
        "explicit",
        "veiled",
        "look-alikes",
        "complaints",
        "everyday",
    ]
    return render_table(
        head, [[name, str(len(rows)), *_shares(rows, found)] for name, found in ways]
    )


def _shares(rows: Sequence[CrisisRow], found: Sequence[bool]) -> list[str]:
    parts: tuple[Callable[[CrisisRow], bool], ...] = (
        lambda row: row.crisis,
        lambda row: row.crisis and row.form == "explicit",
        lambda row: row.crisis and row.form == "veiled",
        lambda row: not row.crisis and row.kind not in APART,
        lambda row: not row.crisis and row.kind == COMPLAINT,
        lambda row: not row.crisis and row.kind == EVERYDAY,
    )
    chosen = ([hit for row, hit in zip(rows, found, strict=True) if of(row)] for of in parts)
    return [show_share(Share(sum(hits), len(hits))) for hits in chosen]


async def fit_and_report(
    llm: LLM, prompts: Prompts, states: Path, most: Mapping[str, int | None], seed: int
) -> str:
    """Fit the reading, write its weights, and return the table; ``most`` bounds the rows by part.

    SettingError where the model is no embedded one or there are too few rows; LLMError if it fails.
    """
    if not llm.small:
        raise SettingError(f"A reading is fitted for the embedded model, and not for {llm.model}.")
    parts = [_drawn(load_danger_rows(part), most[part], seed) for part in _TALK_SPLITS]
    cache = FeatureCache(llm, states)
    read = [
        await cache.of([DangerRow(row) for row in rows], prompts, READ_DANGER, _show)
        for rows in parts
    ]
    try:
        fitted = fit_danger(read[0], parts[0])
    except ValueError as error:
        raise SettingError(f"therapist/danger cannot be fitted: {error}.") from None
    made = (
        f"{datetime.now(UTC).date()}, logistic regression (strength {fitted.strength:g}) on "
        f"{len(parts[0])} labelled talks; area {fitted.area:.2f} on those of other folds ({FOLDS})"
    )
    version = READ_DANGER.version(prompts)
    directions = {DANGER: fitted.direction}
    save_probe(
        prompts,
        READ_DANGER,
        ProbeFile(made=made, model=llm.model, prompt=version, directions=directions),
    )
    weights = np.array(fitted.direction.numbers())
    return f"{made}\n\n{report(parts[1], read[1] @ weights + fitted.direction.bias)}\n"


def load_danger_rows(part: str) -> list[CrisisRow]:
    """Return the rows of a part, ``tune`` or ``test``: of crises, and everyday talk in rooms."""
    rooms = load_talk_rooms(TALK)
    talk = [_of_room(room) for room in rooms if room.split in _TALK_SPLITS[part]]
    return [*load_crises(CRISES, part), *talk]


def _of_room(room: TalkRoom) -> CrisisRow:
    """Return what the person who spoke last said in a room."""
    person = room.messages[-1].speaker
    said = tuple(line.text for line in room.messages if line.speaker == person)
    return CrisisRow(
        id=room.id,
        messages=said[-MOST_LINES:],
        crisis=bool(room.danger),
        kind=room.kind if room.danger else EVERYDAY,
        language=room.language,
        split=room.split,
    )


def _drawn(rows: Sequence[CrisisRow], most: int | None, seed: int) -> Sequence[CrisisRow]:
    """Return ``most`` of the rows by chance, with all of `READ_WHOLE` behind them."""
    whole = [row for row in rows if row.kind == READ_WHOLE]
    others = [row for row in rows if row.kind != READ_WHOLE]
    drawn = random.Random(seed).sample(others, len(others))  # noqa: S311 - chooses rows
    return [*drawn[:most], *whole]


def _show(stage: str, done: int, whole: int) -> None:
    sys.stderr.write(f"\r{stage}: {done} of {whole}")
    sys.stderr.flush()


async def _forget(record: CallRecord) -> None:
    """Keep no record of the calls."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line asks. SettingError where a file or a row is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bot.learning.danger_probe")
    parser.add_argument("states", type=Path)
    parser.add_argument("--most", type=int)
    parser.add_argument("--report-on", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    sys.stdout.write(asyncio.run(_run(given)))


async def _run(given: argparse.Namespace) -> str:
    most = {"tune": given.most, "test": given.report_on or given.most}
    async with open_llms(Settings(), _forget, agents=(Agent.THERAPIST,)) as models:
        llm = models.llms[Agent.THERAPIST]
        return await fit_and_report(llm, Prompts.load(), given.states, most, given.seed)


if __name__ == "__main__":
    set_up_logging("WARNING", "console")
    try:
        main()
    except SettingError as error:
        sys.exit(error.detail)
