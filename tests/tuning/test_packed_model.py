"""The packed model reads what the plain one reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from bot.learning.tuning.packed_model import PackedModel
from bot.learning.tuning.token_rows import TokenRow, TokenSet
from tests.tuning.runs import loaded, options, write_rows


def plain_likelihood(packed: PackedModel, tokens: TokenSet, row: TokenRow) -> float:
    """The log-probability of an answer when its whole prompt is read alone."""
    ids = [*tokens.prefix, *row.ids]
    begin = len(tokens.prefix) + row.start
    logits = packed.with_adapter(torch.tensor([ids])).logits[0].float()
    chances = torch.log_softmax(logits, -1)
    return sum(float(chances[at - 1, ids[at]]) for at in range(begin, len(ids)))


def stir(packed: PackedModel) -> None:
    """Give the adapter weights that do something: a fresh one adds nothing."""
    torch.manual_seed(3)
    with torch.no_grad():
        for weight in packed.parameters:
            weight.add_(0.05 * torch.randn_like(weight))


@pytest.mark.parametrize("first_layer", [0, 1])
def test_it_finds_the_plain_models_log_probabilities(
    tiny: Path, tmp_path: Path, first_layer: int
) -> None:
    data = write_rows(tmp_path / "rows.jsonl", 6)
    prepared, packed = loaded(
        options(data, tmp_path / "out", tiny, method="dpo", first_layer=first_layer)
    )
    fresh = packed.likelihoods([prepared.tokens.examples[0].chosen])[0]
    stir(packed)
    rows = [row for one in prepared.tokens.examples for row in one.rows]
    with torch.no_grad():
        sums, counts = packed.likelihoods(rows)
        expected = [plain_likelihood(packed, prepared.tokens, row) for row in rows]
    assert sums.tolist() == pytest.approx(expected, abs=1e-3)
    assert counts.tolist() == [len(row.answer) for row in rows]
    assert float(fresh[0].detach()) != pytest.approx(expected[0], abs=1e-3)


def test_a_row_reads_the_same_whoever_stands_beside_it(tiny: Path, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", 6)
    prepared, packed = loaded(options(data, tmp_path / "out", tiny))
    stir(packed)
    rows = [one.chosen for one in prepared.tokens.examples]
    with torch.no_grad():
        together = packed.likelihoods(rows)[0].tolist()
        alone = [float(packed.likelihoods([row])[0][0]) for row in reversed(rows)]
    assert together == pytest.approx(alone[::-1], abs=1e-4)


def test_the_beginning_is_all_that_the_rows_share(tiny: Path, tmp_path: Path) -> None:
    data = write_rows(tmp_path / "rows.jsonl", 6)
    prepared, _ = loaded(options(data, tmp_path / "out", tiny))
    tokens: Any = prepared.tokens
    assert len(tokens.prefix) > 300  # the system prompt, a token a letter
    assert len({one.chosen.ids[0] for one in tokens.examples}) > 1
