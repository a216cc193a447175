"""The features of labelled replies, kept in a file, so that a broken run goes on."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TextIO, TypeAlias

import numpy as np
from pydantic import ValidationError

from bot.agents.probes.features import FeatureExtractor
from bot.domain import Conversation, Deadline, Value
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import DatasetLine
from bot.evaluation.plan import Progress, go_through
from bot.evaluation.usage_meter import UNIT_SECONDS
from bot.llm.protocol import LLM, CallContext
from bot.private_files import open_private
from bot.prompting.templates import Prompts
from bot.text.json_lines import json_line

FeatureRows: TypeAlias = np.ndarray[tuple[int, int], np.dtype[np.float64]]


class ReadableRow(Protocol):
    """A labelled reply in its conversation, whatever it is labelled with."""

    @property
    def conversation(self) -> Sequence[DatasetLine]:
        """The lines before the reply, oldest first."""
        ...

    @property
    def talk(self) -> Conversation:
        """The same as a conversation."""
        ...

    @property
    def reply(self) -> str:
        """The reply that is labelled."""
        ...


class _Kept(Value):
    """A reading: of which reply, how, from which model; single-precision numbers in base 64."""

    key: str
    vector: str


class FeatureCache:
    """The readings of a model; those that are missing are taken and written down."""

    def __init__(self, llm: LLM, path: Path) -> None:
        """Take up what ``path`` holds. SettingError if that is something else."""
        self._llm = llm
        self._path = path
        self._vectors = dict(_read(path))

    async def of(
        self,
        rows: Sequence[ReadableRow],
        prompts: Prompts,
        reading: FeatureExtractor,
        progress: Progress,
    ) -> FeatureRows:
        """Return a row of numbers for each labelled reply. LLMError if the model fails."""
        keys = [self._key(row, reading.name, reading.version(prompts)) for row in rows]
        missing = {
            key: row for key, row in zip(keys, rows, strict=True) if key not in self._vectors
        }
        with open_private(self._path, "a") as file:

            async def make(key: str, row: ReadableRow) -> None:
                ctx = CallContext(Deadline.after(UNIT_SECONDS))
                seen = {"conversation": row.talk, "text": row.reply}
                self._keep(key, await reading.read(self._llm, prompts, ctx, **seen), file)

            work = [partial(make, key, row) for key, row in missing.items()]
            await go_through(reading.name, work, 1, progress)
        features: FeatureRows = np.array(
            [_numbers(self._vectors[key]) for key in keys], dtype=float
        )
        return features

    def _keep(self, key: str, numbers: Sequence[float], file: TextIO) -> None:
        packed = base64.b64encode(np.array(numbers, dtype="<f4").tobytes()).decode()
        self._vectors[key] = packed
        file.write(json_line(_Kept(key=key, vector=packed).model_dump_json()))
        file.flush()

    def _key(self, row: ReadableRow, *what: str) -> str:
        talk = [f"{line.speaker}: {line.text}" for line in row.conversation]
        text = "\0".join([self._llm.model, *what, *talk, row.reply])
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def _numbers(packed: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.frombuffer(base64.b64decode(packed), dtype="<f4")


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    whole, end, torn = path.read_text("utf-8", errors="replace").rpartition("\n")
    for number, line in enumerate(filter(None, whole.split("\n")), start=1):
        try:
            reading = _Kept.model_validate_json(line)
        except ValidationError:
            raise SettingError(f"{path}:{number}: not a vector. Name another file.") from None
        yield reading.key, reading.vector
    if torn:  # the run broke while it wrote this line
        os.truncate(path, len((whole + end).encode()))
