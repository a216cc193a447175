"""The split into what is trained on and what is held out, by situation."""

from __future__ import annotations

import random
from collections.abc import Sequence

from bot.errors import SettingError
from bot.learning.tuning.examples import Example


def split_by_situation(
    examples: Sequence[Example], held: float, seed: int
) -> tuple[list[Example], list[Example]]:
    """Return the examples to train on and those held out, the same for the same seed.

    ``held`` is a share of the situations. SettingError where one of the two would be empty.
    """
    names = sorted({example.situation for example in examples})
    random.Random(f"split {seed}").shuffle(names)  # noqa: S311 - no secret
    chosen = set(names[: max(1, round(held * len(names)))])
    kept = [example for example in examples if example.situation not in chosen]
    if not kept:
        raise SettingError(
            f"There are {len(names)} situations: too few to hold {held:.0%} of them out."
        )
    return kept, [example for example in examples if example.situation in chosen]


def batches_of(count: int, size: int, passes: int, seed: int) -> list[list[int]]:
    """Return the batches of one pass as places among ``count`` rows, by seed and pass alone."""
    order = list(range(count))
    random.Random(f"order {seed} {passes}").shuffle(order)  # noqa: S311 - no secret
    return [order[at : at + size] for at in range(0, count, size)]
