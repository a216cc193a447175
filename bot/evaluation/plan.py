"""The work of an evaluation, who does it, and at what pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TypeVar

from bot.agents.questions import side_by_side
from bot.domain import RoomSettings
from bot.domain.seeds import piece_seed
from bot.errors import LLMError, LLMMisconfigured, LLMOverBudget, LLMUnavailable
from bot.evaluation.datasets.datasets import Scenario

Progress = Callable[[str, int, int], None]
"""Told the stage, how many pieces are done, and how many there are."""
WorkItem = Callable[[], Awaitable[None]]
WorkT = TypeVar("WorkT")


@dataclass(frozen=True)
class EvaluationPlan:
    """The work to be done. ``persona`` is for scenarios that name none."""

    scenarios: Sequence[Scenario]
    repeats: int = 1
    seed: int = 1
    persona: str = "default"
    at_once: int = 4

    @cached_property
    def by_id(self) -> Mapping[str, Scenario]:
        """Return the scenarios by their ids."""
        return {scene.id: scene for scene in self.scenarios}

    def settings(self, scene: Scenario) -> RoomSettings:
        """Return the room's settings in that scenario."""
        return RoomSettings(persona=scene.persona or self.persona)

    def seed_of(self, *parts: object) -> int:
        """Return the seed of one piece: the same whatever is done before it or beside it."""
        return piece_seed(self.seed, *parts)

    def shuffled(self, work: Sequence[WorkT], stage: str) -> list[WorkT]:
        """Return the work in an order that only the seed decides."""
        return mixed(work, self.seed_of("order", stage))


def mixed(work: Sequence[WorkT], seed: int) -> list[WorkT]:
    """Return the work in random order, the same for the same seed."""
    order = list(work)
    Random(seed).shuffle(order)  # noqa: S311 - repeatable, not secret
    return order


def silent(stage: str, done: int, whole: int) -> None:
    """Show nothing: the `Progress` of one who does not ask."""


async def go_through(
    stage: str, work: Sequence[WorkItem], at_once: int, progress: Progress = silent
) -> None:
    """Do all pieces, at most ``at_once`` side by side. The first failure stops the rest."""
    places = asyncio.Semaphore(at_once)
    done = 0

    async def take(piece: WorkItem) -> None:
        nonlocal done
        async with places:
            await piece()
        done += 1
        progress(stage, done, len(work))

    await side_by_side([take(piece) for piece in work])


def failure(error: LLMError) -> str:
    """Return what is kept of a piece that failed by the model's own doing, e.g. that it refused.

    An endpoint that is down, wrong or too slow is raised instead: the run ends, and can go on
    later.
    """
    if isinstance(error, LLMUnavailable | LLMMisconfigured | LLMOverBudget):
        raise error
    return error.detail
