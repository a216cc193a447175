"""How the answers of the Critic's question become scores: weights fitted on labelled replies.

`prompts/critic/calibration.toml` holds the constants and says how they were made.
"""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.domain import HARMS
from bot.errors import SettingError

SELF_TALK: Final = "self_talk"
"""A sign counted in code: how much of the text is I, me, my."""
YOU_TALK: Final = "you_talk"
"""A sign counted in code: how much of the text is you, your."""
SIGNS: Final = frozenset({*HARMS, SELF_TALK, YOU_TALK})

_SELF: Final = frozenset({"i", "i'd", "i'm", "i've", "i'll", "me", "my", "mine", "myself"})
_YOU: Final = frozenset({"you", "your", "you're", "you've", "you'd", "yourself", "yours"})
_SHORT: Final = 8
"""Added to the count of words, so that one "I" in a short text does not weigh too much."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Scale(_Strict):
    """One harm's score: sigmoid(bias + sum of weight x sign)."""

    bias: float
    weights: Mapping[str, float] = Field(min_length=1)


class Calibration(_Strict):
    """A scale for each harm, and how they were made."""

    made: str = Field(min_length=1)
    scales: Mapping[str, Scale]

    def scores(self, signs: Mapping[str, float]) -> dict[str, int]:
        """Scores 0-100 by harm, from the signs."""
        return {harm: _score(scale, signs) for harm, scale in self.scales.items()}


class Calibrations(_Strict):
    """One for the embedded model and its like, one for large models."""

    small: Calibration
    large: Calibration


def count_signs(text: str) -> dict[str, float]:
    """The signs that are counted in code, each as ten times its share of the words."""
    words = re.findall(r"[a-z']+", text.lower().replace("\u2019", "'"))
    weight = 10 / (len(words) + _SHORT)
    return {
        SELF_TALK: weight * sum(word in _SELF for word in words),
        YOU_TALK: weight * sum(word in _YOU for word in words),
    }


def load_calibrations(folder: Path) -> tuple[Calibrations, str]:
    """The constants in a folder of prompts, and the hash of their file.

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
        _check(calibration, path)
    return made, hashlib.sha256(text.encode()).hexdigest()


def _check(calibration: Calibration, path: Path) -> None:
    if set(calibration.scales) != set(HARMS):
        raise SettingError(f"{path}: there has to be a scale for each of {', '.join(HARMS)}.")
    for harm, scale in calibration.scales.items():
        if unknown := set(scale.weights) - SIGNS:
            raise SettingError(f"{path}: scale {harm} weighs unknown {sorted(unknown)[0]!r}.")


def _score(scale: Scale, signs: Mapping[str, float]) -> int:
    total = scale.bias + sum(weight * signs[sign] for sign, weight in scale.weights.items())
    return round(100 / (1 + math.exp(-max(-30.0, min(30.0, total)))))
