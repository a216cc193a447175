"""The golden set, scored by Critics: each reply alone, in random order, several times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from bot.agents.critic import LLMCritic
from bot.domain.seeds import piece_seed
from bot.errors import LLMError
from bot.evaluation.datasets.datasets import GoldenRow
from bot.evaluation.plan import Progress, failure, go_through, mixed
from bot.evaluation.readings import scale_values
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import ScoredText
from bot.evaluation.usage_meter import UsageMeter

REPLY: Final = "reply"
"""The version under which a row's scores are kept."""


@dataclass(frozen=True, slots=True)
class GoldenPlan:
    """The replies to be scored, how often and at what pace."""

    rows: Sequence[GoldenRow]
    repeats: int = 1
    seed: int = 1
    at_once: int = 4


async def score_golden(
    plan: GoldenPlan,
    critics: Mapping[str, LLMCritic],
    meter: UsageMeter,
    log: RunLog,
    progress: Progress,
) -> None:
    """Give all scores that are missing in the log."""
    for name, critic in critics.items():
        work = [
            partial(_score, plan, critic, meter, log, _about(row, repeat, name), row)
            for row in plan.rows
            for repeat in range(plan.repeats)
            if _about(row, repeat, name).key not in log
        ]
        order = mixed(work, piece_seed(plan.seed, "golden", name))
        await go_through(f"scores by {name}", order, plan.at_once, progress)


async def _score(
    plan: GoldenPlan,
    critic: LLMCritic,
    meter: UsageMeter,
    log: RunLog,
    about: ScoredText,
    row: GoldenRow,
) -> None:
    with meter.unit(piece_seed(plan.seed, "golden", row.id, about.repeat)) as unit:
        try:
            scores = await critic.score(row.talk, row.reply, unit.ctx)
            result: dict[str, object] = {"values": scale_values(scores)}
        except LLMError as error:
            result = {"failure": failure(error)}
    log.add(about.model_copy(update=result))


def _about(row: GoldenRow, repeat: int, critic: str) -> ScoredText:
    return ScoredText(scenario=row.id, repeat=repeat, version=REPLY, critic=critic)
