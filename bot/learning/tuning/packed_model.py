"""A model whose rows share a beginning, made affordable on a processor, exactly.

- A batch is one sequence: the shared beginning once, then the rows. A row sees the beginning and
  itself, by a mask, and its positions go on from the beginning's end.
- Layers below the first that is tuned are frozen: their output is computed once a row and kept.
- Logits are computed only where an answer's token follows.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch

from bot.learning.tuning.token_rows import TokenRow

MODULES: Final = (
    "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
)  # fmt: skip
"""The weights of a layer that are tuned: all of its linear maps."""
_BEGINNING: Final = -1
"""Marks the tokens of the shared beginning, which belong to every row."""


@dataclass(frozen=True, slots=True)
class AdapterShape:
    """The size of an adapter: ``first_layer`` is the lowest layer that has one."""

    first_layer: int
    rank: int = 16
    alpha: int = 32


class PackedModel:
    """A model with an adapter on its upper layers, that reads rows after a shared beginning."""

    def __init__(self, model: Any, prefix: Sequence[int], shape: AdapterShape) -> None:
        """Put a fresh adapter on the model, whose own weights are frozen by it."""
        self.with_adapter = _add_adapter(model, shape)
        self._model = model
        self.prefix = tuple(prefix)
        self._lower = model.model.layers[: shape.first_layer]
        self._upper = model.model.layers[shape.first_layer :]
        self._kept: dict[tuple[int, ...], Any] = {}
        self._kept_prefix: Any = None
        self._device = model.device

    @property
    def parameters(self) -> list[Any]:
        """Return what is trained."""
        return [weight for weight in self.with_adapter.parameters() if weight.requires_grad]

    def keep_lower(self, rows: Sequence[TokenRow]) -> None:
        """Compute what the frozen layers make of rows, unless it is kept already.

        In which company a row is read shows in the last digits: the same calls in the same order
        make the same run.
        """
        new = [ids for ids in dict.fromkeys(row.ids for row in rows) if ids not in self._kept]
        if new:
            with torch.no_grad():
                self._keep(new)

    def likelihoods(self, rows: Sequence[TokenRow]) -> tuple[Any, Any]:
        """Return for each row the log-probability of its answer, in nats, and its tokens."""
        states = self._read(self._upper, self._lower_states(rows), [row.ids for row in rows])
        where, what, owner = self._asked(rows)
        logits = self._model.lm_head(self._model.model.norm(states)[0][where])
        chances = torch.log_softmax(logits.float(), -1).gather(1, what[:, None])[:, 0]
        sums = torch.zeros(len(rows), device=self._device).index_add(0, owner, chances)
        return sums, torch.bincount(owner, minlength=len(rows))

    def _asked(self, rows: Sequence[TokenRow]) -> tuple[Any, Any, Any]:
        """Return where an answer's token follows, which token, and of which row it is."""
        where: list[int] = []
        owner: list[int] = []
        begin = len(self.prefix)
        for number, row in enumerate(rows):
            where += range(begin + row.start - 1, begin + len(row.ids) - 1)
            owner += [number] * len(row.answer)
            begin += len(row.ids)
        what = [token for row in rows for token in row.answer]
        return self._tensor(where), self._tensor(what), self._tensor(owner)

    def _lower_states(self, rows: Sequence[TokenRow]) -> Any:
        """Return what the frozen layers make of the beginning and the rows."""
        self.keep_lower(rows)
        parts = [self._kept_prefix, *(self._kept[row.ids] for row in rows)]
        return torch.cat(parts)[None]

    def _keep(self, new: Sequence[tuple[int, ...]]) -> None:
        ids = self._tensor([[*self.prefix, *(token for row in new for token in row)]])
        states = self._read(self._lower, self._model.model.embed_tokens(ids), new)[0]
        begin = len(self.prefix)
        if self._kept_prefix is None:
            self._kept_prefix = states[:begin].clone()
        for row in new:
            self._kept[row] = states[begin : begin + len(row)].clone()
            begin += len(row)

    def _read(self, layers: Any, states: Any, rows: Sequence[tuple[int, ...]]) -> Any:
        positions, mask = self._layout([len(ids) for ids in rows])
        turned = self._model.model.rotary_emb(states, positions)
        for layer in layers:
            states = layer(
                states,
                attention_mask=mask,
                position_ids=positions,
                position_embeddings=turned,
            )
        return states

    def _layout(self, lengths: Sequence[int]) -> tuple[Any, Any]:
        """Return the position of each token, and which other tokens it sees."""
        begin = len(self.prefix)
        owner = [_BEGINNING] * begin
        positions = list(range(begin))
        for number, length in enumerate(lengths):
            owner += [number] * length
            positions += range(begin, begin + length)
        of_row = self._tensor(owner)
        seen = (of_row[:, None] == of_row[None]) | (of_row[None] == _BEGINNING)
        return self._tensor(positions)[None], seen.tril()[None, None]

    def _tensor(self, numbers: Sequence[Any]) -> Any:
        return torch.tensor(numbers, device=self._device)


def _add_adapter(model: Any, shape: AdapterShape) -> Any:
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - seconds to import

    layers = range(shape.first_layer, model.config.num_hidden_layers)
    config = LoraConfig(
        r=shape.rank,
        lora_alpha=shape.alpha,
        lora_dropout=0.0,
        task_type="CAUSAL_LM",
        layers_to_transform=list(layers),
        target_modules=list(MODULES),
    )
    with warnings.catch_warnings():
        # PEFT asks Transformers by a name that it will give up: nothing that we could mend.
        warnings.simplefilter("ignore", FutureWarning)
        return get_peft_model(model, config)
