"""The figures of what is held out, with 95 % intervals over situations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

import torch

from bot.learning.tuning.figures import Figure, HeldOut
from bot.learning.tuning.objective import Objective, Reading, read_examples
from bot.learning.tuning.packed_model import PackedModel
from bot.learning.tuning.settings import Method
from bot.learning.tuning.token_rows import TokenExample
from bot.stats.intervals import Estimate, estimate, mean_estimate, wilson

ItemT = TypeVar("ItemT")


def held_out_loss(model: PackedModel, examples: Sequence[TokenExample], aim: Objective) -> float:
    """Return the loss over all examples, as one batch of them would have it."""
    return float(aim.loss(examples, _read_all(model, examples, aim)))


def measure_held_out(
    model: PackedModel, examples: Sequence[TokenExample], aim: Objective, *, tuned: bool
) -> HeldOut:
    """Return the figures; a preference has none before anything is ``tuned``: it is always 0."""
    read = _read_all(model, examples, aim)
    loss = float(aim.loss(examples, read))
    unlikely = _unlikeliness(examples, read, aim.settings.seed)
    if examples[0].verdicts is not None:
        right = _right_verdicts(model, examples, aim)
        accuracy = _share([chance > 0.5 for chance in right])
        chance = _mean(examples, right, aim.settings.seed)
        return HeldOut(loss=loss, unlikely=unlikely, accuracy=accuracy, margin=chance)
    if aim.settings.method is Method.SFT:
        return HeldOut(loss=loss, unlikely=unlikely)
    a_token = read.likelihoods / read.tokens
    likelier = _share((a_token[:, 0] > a_token[:, 1]).tolist())
    if not tuned:
        return HeldOut(loss=loss, unlikely=unlikely, likelier=likelier)
    margins = aim.margins(examples, read).tolist()
    return HeldOut(
        loss=loss,
        unlikely=unlikely,
        likelier=likelier,
        accuracy=_share([margin > 0 for margin in margins]),
        margin=_mean(examples, margins, aim.settings.seed),
    )


def _read_all(model: PackedModel, examples: Sequence[TokenExample], aim: Objective) -> Reading:
    with torch.no_grad():
        read = [read_examples(model, some) for some in _batches(examples, aim)]
    return Reading(
        torch.cat([one.likelihoods for one in read]), torch.cat([one.tokens for one in read])
    )


def _right_verdicts(
    model: PackedModel, examples: Sequence[TokenExample], aim: Objective
) -> list[float]:
    """Return the probability of each right verdict, against the wrong one alone."""
    chances: list[float] = []
    for some in _batches(examples, aim):
        rows = [row for one in some if one.verdicts for row in one.verdicts]
        with torch.no_grad():
            read = model.likelihoods(rows)[0].view(-1, 2)
        chances += torch.softmax(read, -1)[:, 0].tolist()
    return chances


def _batches(examples: Sequence[TokenExample], aim: Objective) -> list[Sequence[TokenExample]]:
    size = aim.settings.examples_a_step
    return [examples[at : at + size] for at in range(0, len(examples), size)]


def _unlikeliness(examples: Sequence[TokenExample], read: Reading, seed: int) -> Figure:
    pairs = list(zip(read.likelihoods[:, 0].tolist(), read.tokens[:, 0].tolist(), strict=True))
    return _figure(estimate(_by_situation(examples, pairs), _nats_a_token, seed=seed))


def _nats_a_token(pairs: Sequence[tuple[float, int]]) -> float | None:
    tokens = sum(count for _, count in pairs)
    return -sum(nats for nats, _ in pairs) / tokens if tokens else None


def _mean(examples: Sequence[TokenExample], values: Sequence[float], seed: int) -> Figure:
    return _figure(mean_estimate(_by_situation(examples, values), seed=seed))


def _share(hits: Sequence[bool]) -> Figure:
    low, high = wilson(sum(hits), len(hits))
    return Figure(value=sum(hits) / len(hits), low=low, high=high, n=len(hits))


def _by_situation(
    examples: Sequence[TokenExample], items: Sequence[ItemT]
) -> dict[str, list[ItemT]]:
    groups: dict[str, list[ItemT]] = defaultdict(list)
    for one, item in zip(examples, items, strict=True):
        groups[one.example.situation].append(item)
    return groups


def _figure(found: Estimate | None) -> Figure:
    if found is None:
        raise ValueError("nothing is held out")
    return Figure(value=found.value, low=found.low, high=found.high, n=found.n)
