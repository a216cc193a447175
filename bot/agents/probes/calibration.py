"""The scales that turn the Critic's yes/no answers into scores: fitted on labelled replies.

`prompts/critic/calibration.toml` holds the constants and says how they were made.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain import HARMS
from bot.errors import SettingError

_FARTHEST: Final = 30.0
"""Beyond ±30 a sigmoid is 0 or 1 to all digits that a score shows."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HarmCalibration(_Strict):
    """One harm's score: sigmoid(bias + weight x log-odds of a yes)."""

    bias: float
    weight: float = Field(gt=0)


class Calibration(_Strict):
    """A scale for each harm, and how they were made."""

    made: str = Field(min_length=1)
    scales: Mapping[str, HarmCalibration]

    def scores(self, odds: Mapping[str, float]) -> dict[str, int]:
        """Return scores 0-100 by harm, from the log-odds of a yes by harm."""
        return {
            harm: percent(scale.bias + scale.weight * odds[harm])
            for harm, scale in self.scales.items()
        }


class Calibrations(_Strict):
    """One for the embedded model and its like, one for large models."""

    small: Calibration
    large: Calibration


def percent(odds: float) -> int:
    """Return log-odds as a score, 0-100."""
    return round(100 / (1 + math.exp(-max(-_FARTHEST, min(_FARTHEST, odds)))))


def load_calibrations(folder: Path) -> tuple[Calibrations, str]:
    """Return the constants in a folder of prompts, and the hash of their file.

    SettingError says what is wrong with it.
    """
    path = folder / "critic" / "calibration.toml"
    try:
        text = path.read_text("utf-8")
        made = Calibrations.model_validate(tomllib.loads(text))
    except FileNotFoundError as error:
        raise SettingError(f"{path}: the Critic's calibration is missing.") from error
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingError(f"{path}: {error}") from error
    for calibration in (made.small, made.large):
        if set(calibration.scales) != set(HARMS):
            raise SettingError(f"{path}: there has to be a scale for each of {', '.join(HARMS)}.")
    return made, hashlib.sha256(text.encode()).hexdigest()
