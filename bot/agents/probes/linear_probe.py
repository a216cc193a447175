"""A linear probe: scores from what a model makes of a text, where it cannot say them itself.

A small model often knows a text's harm and fails to say it. So, for a model whose weights are
known, a linear function is fitted on labelled replies (`evaluate --fit`), from what is read of
the model (`bot.agents.probes.features`) to the log-odds of each harm. Linear probes of a hidden
state: Alain and Bengio 2016, arXiv:1610.01644.

One direction says how much harm there is at all, and three say which: told apart from harmless
replies one by one, the harms are found less often than together.

A probe fits one model and one wording of its prompt. `load_probe` says where it does not.
"""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.agents.probes.calibration import percent
from bot.agents.probes.features import FeatureExtractor
from bot.domain import HARMS
from bot.errors import SettingError
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

ANY: Final = "any"
"""The direction of harm at all."""
DIRECTIONS: Final = (ANY, *HARMS)


class Direction(BaseModel):
    """A direction: log-odds = bias + weights x what is read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bias: float
    weights: str
    """Half-precision numbers, little-endian, in base 64: a thousand decimals say no more."""

    @classmethod
    def of(cls, bias: float, weights: Sequence[float]) -> Self:
        """Make one from plain numbers."""
        packed = struct.pack(f"<{len(weights)}e", *weights)
        return cls(bias=round(bias, 4), weights=base64.b64encode(packed).decode())

    def numbers(self) -> tuple[float, ...]:
        """Return the weights; ValueError if they are not such numbers."""
        packed = base64.b64decode(self.weights, validate=True)
        return struct.unpack(f"<{len(packed) // 2}e", packed)


class ProbeFile(BaseModel):
    """A probe as it is kept in ``prompts/<agent>/<reading>.json``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    made: str = Field(min_length=1)
    """On what, how, and with which figures."""
    model: str
    """The id of the only model that it is for."""
    prompt: str
    """The version of the wording that it was fitted with."""
    directions: Mapping[str, Direction]
    """By name: of harms by harm, and `ANY`."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A probe that is ready to use: a bias and weights by direction."""

    model: str
    reading: FeatureExtractor
    version: str
    directions: Mapping[str, tuple[float, tuple[float, ...]]]

    def fits(self, llm: LLM) -> bool:
        """Return whether it was made for that model."""
        return llm.small and llm.model == self.model

    def odds(self, read: Sequence[float]) -> dict[str, float]:
        """Return log-odds by direction of what was read; ValueError if that has another size."""
        return {
            name: bias + math.fsum(w * x for w, x in zip(weights, read, strict=True))
            for name, (bias, weights) in self.directions.items()
        }

    async def scores(
        self, llm: LLM, prompts: Prompts, ctx: CallContext, **seen: object
    ) -> dict[str, int]:
        """Score what the prompt shows, 0-100 by harm. LLMError if the model does not answer."""
        read = await self.reading.read(llm, prompts, ctx, **seen)
        return {harm: percent(odds) for harm, odds in by_harm(self.odds(read)).items()}

    async def score_of(
        self, direction: str, llm: LLM, prompts: Prompts, ctx: CallContext, **seen: object
    ) -> int:
        """Score what the prompt shows along one direction, 0-100. LLMError as `scores`."""
        read = await self.reading.read(llm, prompts, ctx, **seen)
        return percent(self.odds(read)[direction])


def by_harm(odds: Mapping[str, float]) -> dict[str, float]:
    """Give the likeliest harm the odds of any harm; the others stay behind it as they are."""
    most = max(odds[harm] for harm in HARMS)
    return {harm: odds[ANY] + odds[harm] - most for harm in HARMS}


def load_probe(
    prompts: Prompts,
    reading: FeatureExtractor,
    *,
    path: Path | None = None,
    directions: Sequence[str] = DIRECTIONS,
    refit: str = "python -m bot evaluate --fit",
) -> Probe | None:
    """Return the probe of such a reading in a folder of prompts, None if there is none.

    It is kept under the reading's name, or in ``path``, and has those directions; ``refit`` is the
    command that fits it. SettingError where it is broken, or its prompt has changed since.
    """
    path = path or prompts.folder / f"{reading.name}.json"
    reading.require(prompts)
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return None
    try:
        file = ProbeFile.model_validate_json(text)
        found = {
            name: (direction.bias, direction.numbers())
            for name, direction in file.directions.items()
        }
    except (ValidationError, ValueError, struct.error) as error:
        raise SettingError(f"{path}: {error}") from error
    if set(found) != set(directions):
        raise SettingError(f"{path}: it has to have directions for {', '.join(directions)}.")
    if file.prompt != reading.version(prompts):
        raise SettingError(
            f"{path}: it was fitted with another wording of what the model is shown. Put the "
            f"prompt back, fit anew with `{refit}`, or remove the file."
        )
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    return Probe(file.model, reading, version, found)


def save_probe(
    prompts: Prompts, reading: FeatureExtractor, probe: ProbeFile, *, path: Path | None = None
) -> None:
    """Write a probe where `load_probe` looks for it, given the same ``path``."""
    path = path or prompts.folder / f"{reading.name}.json"
    path.write_text(probe.model_dump_json(indent=1) + "\n", "utf-8")
