"""The usage of each text of a run: calls, tokens, cost, and seconds on the clock."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from bot.domain import Deadline
from bot.evaluation.spent import Spent
from bot.llm.protocol import CallContext, CallRecord

Clock = Callable[[], float]

UNIT_SECONDS: Final = 1800.0
"""What the agents may take for one text, scoring or judgement: nobody waits in a channel."""


@dataclass
class MeteredUnit:
    """One piece of work: its context for calls, and what they came to."""

    ctx: CallContext
    clock: Clock
    began: float
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    @property
    def spent(self) -> Spent:
        """Return what it took up to now."""
        return Spent(
            calls=self.calls,
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            seconds=round(self.clock() - self.began, 3),
            cost=self.cost,
        )


class UsageMeter:
    """The meter that gives each unit a number, by which the models' calls are told apart."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._units: dict[int, MeteredUnit] = {}

    async def record(self, call: CallRecord) -> None:
        """Count a call: a `RecordCall` for every agent's model."""
        unit = self._units.get(call.turn_id or 0)
        if unit is None:
            return
        unit.calls += 1
        unit.prompt_tokens += call.prompt_tokens
        unit.completion_tokens += call.completion_tokens
        if call.cost is not None:
            unit.cost = (unit.cost or 0.0) + call.cost

    @contextmanager
    def unit(self, seed: int) -> Iterator[MeteredUnit]:
        """Open a piece of work whose calls are counted together."""
        number = next(self._numbers)
        ctx = CallContext(Deadline.after(UNIT_SECONDS), turn_id=number, seed=seed)
        self._units[number] = MeteredUnit(ctx, self._clock, self._clock())
        try:
            yield self._units[number]
        finally:
            del self._units[number]
