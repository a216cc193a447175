"""The settings of a tuning, and the plan of its steps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Final

from bot.domain import Value

WARM_UP: Final = 8
"""Steps over which the rate rises: the first gradients of a fresh adapter point anywhere."""


class Method(StrEnum):
    """The ways to learn: imitate a reply, or prefer it to another one."""

    SFT = "sft"
    DPO = "dpo"


class TuneSettings(Value):
    """The settings of a tuning, all of which change what comes of it. Kept on the model card."""

    method: Method
    agent: str = "chatbot"
    persona: str = "default"
    passes: float = 1.0
    """How often each row is read: more than twice on a few hundred rows learns them by heart."""
    steps: int | None = None
    """Steps in place of passes: with the number on a card the same seed repeats that run."""
    batch: int = 8
    """Rows of a step; a pair is two."""
    rate: float = 1e-4
    beta: float = 0.1
    """How dearly a pair's preference is held against the model as it was (DPO)."""
    likelihood: float = 0.2
    """Weight of the chosen reply's own likelihood beside the preference (DPO)."""
    rank: int = 16
    first_layer: int | None = None
    """The lowest layer that is tuned; the upper third unless set."""
    seed: int = 1
    held: float = 0.2
    """Share of the situations that are held out."""

    @property
    def examples_a_step(self) -> int:
        """Return how many examples make a batch."""
        return max(1, self.batch // 2) if self.method is Method.DPO else self.batch

    def most_steps(self, examples: int) -> int:
        """Return the steps of all passes over that many examples."""
        if self.steps is not None:
            return self.steps
        return max(1, round(self.passes * ceil(examples / self.examples_a_step)))

    def lowest_layer(self, layers: int) -> int:
        """Return the lowest tuned layer of a model with that many."""
        return layers - max(1, layers * 10 // 28) if self.first_layer is None else self.first_layer


@dataclass(frozen=True, slots=True)
class Schedule:
    """A number of steps, over which the rate rises and falls to nothing."""

    steps: int

    def factor(self, step: int) -> float:
        """Return what the rate is multiplied by at a step, counted from 0.

        Until the rate has risen it does not hang on the number of steps, so that a plan made
        while it rises changes nothing that was done.
        """
        rising = (step + 1) / WARM_UP
        falling = (self.steps - step) / max(1, self.steps - WARM_UP)
        return max(0.0, min(1.0, rising, falling))

    def fitted(self, done: int, step_seconds: float, left_seconds: float) -> Schedule:
        """Return the schedule that ends in time: the same, unless the time is too short for it."""
        fits = done + int(left_seconds / max(step_seconds, 1e-9))
        return Schedule(max(done, min(self.steps, fits)))
