"""A tuning's task: model, rows and settings, and what is read before it is trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from bot.learning.tuning.checkpoints import Checkpoints
from bot.learning.tuning.figures import HeldOut
from bot.learning.tuning.held_out import measure_held_out
from bot.learning.tuning.objective import Objective, Reference, read_examples
from bot.learning.tuning.packed_model import PackedModel
from bot.learning.tuning.settings import Method, TuneSettings
from bot.learning.tuning.token_rows import TokenExample


class ShowStep(Protocol):
    """What is told of each stage: how much is done, and the loss of a step."""

    def __call__(self, stage: str, done: int, whole: int, loss: float | None = None) -> None:
        """Show it."""
        ...


@dataclass(frozen=True, slots=True)
class Material:
    """What a training works on."""

    train: Sequence[TokenExample]
    held: Sequence[TokenExample]


@dataclass(frozen=True, slots=True)
class TuningTask:
    """A model with a fresh adapter, and all that a training of it takes."""

    model: PackedModel
    material: Material
    settings: TuneSettings
    checkpoints: Checkpoints
    show: ShowStep

    def objective(self) -> Objective:
        """Return what is to be made smaller.

        To prefer replies takes what they are worth to the model as it was: read once, and kept.
        """
        self._read_lower()
        if self.settings.method is Method.SFT:
            return Objective(self.settings, {})
        known = self.checkpoints.load_reference()
        if known is None:
            known = self._read_reference()
            self.checkpoints.save_reference(known)
        return Objective(self.settings, known)

    def before(self, aim: Objective) -> HeldOut:
        """Return the figures of the model as it was: measured once, and kept."""
        known = self.checkpoints.load_before()
        if known is None:
            known = measure_held_out(self.model, self.material.held, aim, tuned=False)
            self.checkpoints.save_before(known)
        return known

    def after(self, aim: Objective) -> HeldOut:
        """Return the figures of the model with its adapter as it is now."""
        return measure_held_out(self.model, self.material.held, aim, tuned=True)

    def _groups(self) -> list[list[TokenExample]]:
        """Return all examples in groups as large as a step's, always the same ones."""
        every = [*self.material.train, *self.material.held]
        size = self.settings.examples_a_step
        return [every[at : at + size] for at in range(0, len(every), size)]

    def _read_lower(self) -> None:
        groups = self._groups()
        for number, some in enumerate(groups, start=1):
            self.model.keep_lower([row for one in some for row in one.rows])
            self.show("reading", number, len(groups))

    def _read_reference(self) -> Reference:
        groups = self._groups()
        known: dict[str, tuple[float, float]] = {}
        for number, some in enumerate(groups, start=1):
            with torch.no_grad():
                read = read_examples(self.model, some).likelihoods.tolist()
            for one, (chosen, rejected) in zip(some, read, strict=True):
                known[one.example.id] = chosen, rejected
            self.show("weighing", number, len(groups))
        return known
