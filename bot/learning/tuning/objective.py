"""What a step makes smaller: unlikeliness of replies, or the loss of direct preference.

Source of the second: R. Rafailov et al., "Direct Preference Optimization" (2023); with the chosen
reply's likelihood beside it, since preference alone is content to make both replies less likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import logsigmoid

from bot.learning.tuning.packed_model import PackedModel
from bot.learning.tuning.settings import Method, TuneSettings
from bot.learning.tuning.token_rows import TokenExample

Reference = dict[str, tuple[float, float]]
"""By id, the log-probabilities of chosen and rejected before anything was learned, in nats."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the model makes of examples: log-probabilities (nats) and tokens, a column an answer."""

    likelihoods: Any
    tokens: Any


@dataclass(frozen=True, slots=True)
class Objective:
    """The loss of a tuning, by its method."""

    settings: TuneSettings
    reference: Reference

    def loss(self, examples: Sequence[TokenExample], read: Reading) -> Any:
        """Return the loss of a batch; a token's unlikeliness, or that of the preferences."""
        unlikely = -(read.likelihoods[:, 0].sum() / read.tokens[:, 0].sum())
        if self.settings.method is Method.SFT:
            return unlikely
        preferred = -logsigmoid(self.margins(examples, read)).mean()
        return preferred + self.settings.likelihood * unlikely

    def margins(self, examples: Sequence[TokenExample], read: Reading) -> Any:
        """Return by how much more chosen gained than rejected, in nats times beta."""
        gained = self.gains(examples, read)
        return self.settings.beta * (gained[:, 0] - gained[:, 1])

    def gains(self, examples: Sequence[TokenExample], read: Reading) -> Any:
        """Return how much likelier chosen and rejected became, in nats."""
        before = [self.reference[one.example.id] for one in examples]
        return read.likelihoods - torch.tensor(before, device=read.likelihoods.device)


def read_examples(model: PackedModel, examples: Sequence[TokenExample]) -> Reading:
    """Return what the model makes of a batch."""
    likelihoods, tokens = model.likelihoods([row for one in examples for row in one.rows])
    return Reading(likelihoods.view(len(examples), -1), tokens.view(len(examples), -1))
