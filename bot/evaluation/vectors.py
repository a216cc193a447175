"""The vectors of labelled replies, kept in a file, so that a broken run goes on."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

import numpy as np
from pydantic import ValidationError

from bot.domain import Deadline, Value
from bot.errors import SettingError
from bot.evaluation.meter import UNIT_SECONDS
from bot.evaluation.plan import Progress, go_through
from bot.evaluation.sets import GoldenRow
from bot.llm.calls import LLM, CallContext, Prompt
from bot.prompts import Prompts


class _Kept(Value):
    """One vector: of which prompt with which model, as single-precision numbers in base 64."""

    key: str
    vector: str


class Vectors:
    """The vectors of prompts by one model; those that are missing are made and written down."""

    def __init__(self, llm: LLM, path: Path) -> None:
        """Takes up what ``path`` holds. SettingError if that is something else."""
        self._llm = llm
        self._path = path
        self._known = dict(_read(path))

    async def of(
        self, rows: Sequence[GoldenRow], prompts: Prompts, name: str, progress: Progress
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """A row of numbers, of length 1, for each labelled reply. LLMError if the model fails."""
        asked = [prompts.render(name, conversation=row.talk, text=row.reply) for row in rows]
        missing = {self._key(one): one for one in asked if self._key(one) not in self._known}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            work = [partial(self._make, key, one, file) for key, one in missing.items()]
            await go_through("vectors", work, 1, progress)
        found = np.array([_numbers(self._known[self._key(one)]) for one in asked], dtype=float)
        unit: np.ndarray[tuple[int, int], np.dtype[np.float64]] = found / np.linalg.norm(
            found, axis=1, keepdims=True
        )
        return unit

    async def _make(self, key: str, prompt: Prompt, file: TextIO) -> None:
        (vector,) = await self._llm.embed([prompt], CallContext(Deadline.after(UNIT_SECONDS)))
        packed = base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()
        self._known[key] = packed
        file.write(_Kept(key=key, vector=packed).model_dump_json() + "\n")
        file.flush()

    def _key(self, prompt: Prompt) -> str:
        text = "\n".join(message.content for message in prompt.messages)
        return hashlib.sha256(f"{self._llm.model}\0{text}".encode()).hexdigest()[:24]


def _numbers(packed: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.frombuffer(base64.b64decode(packed), dtype="<f4")


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    whole, end, torn = path.read_text("utf-8", errors="replace").rpartition("\n")
    for number, line in enumerate(filter(None, whole.split("\n")), start=1):
        try:
            kept = _Kept.model_validate_json(line)
        except ValidationError:
            raise SettingError(f"{path}:{number}: not a vector. Name another file.") from None
        yield kept.key, kept.vector
    if torn:  # the run broke while it wrote this line
        os.truncate(path, len((whole + end).encode()))
