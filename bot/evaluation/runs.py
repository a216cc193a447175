"""The two evaluations from start to end: therapy on scenarios, and Critics on the golden set."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bot.domain import Agent
from bot.evaluation.comparison.chart import draw
from bot.evaluation.comparison.comparison_metrics import comparison_metrics
from bot.evaluation.comparison.conclusions import verdicts
from bot.evaluation.comparison.generate import make_texts
from bot.evaluation.comparison.report import text_of
from bot.evaluation.comparison.sanity_checks import warnings
from bot.evaluation.comparison.score import mark_texts
from bot.evaluation.critic.critic_benchmark import GoldenPlan, score_golden
from bot.evaluation.critic.critic_metrics import CriticBenchmark, critic_benchmark
from bot.evaluation.critic.critic_report import golden_text
from bot.evaluation.plan import EvaluationPlan, Progress, silent
from bot.evaluation.run_files import write_results
from bot.evaluation.run_log import RunLog
from bot.evaluation.setup import (
    LLMs,
    golden_header,
    make_bench,
    make_critics,
    scenario_header,
)
from bot.evaluation.usage_meter import UsageMeter
from bot.prompting.templates import Prompts

Keep = Callable[[CriticBenchmark, str], Awaitable[None]]
"""Given the figures of Critics and the id of the model that they are on."""


@dataclass(frozen=True, slots=True)
class EvaluationModels:
    """The models that serve the agents, and a line that names them."""

    llms: LLMs
    description: str
    meter: UsageMeter
    """Its `record` has to be what the models record their calls with."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a run writes; None: it writes none."""

    log: Path | None = None
    """Every record as it is made; a run that broke goes on from there."""
    json: Path | None = None
    """All figures and every score."""
    picture: Path | None = None


async def evaluate_therapy(
    plan: EvaluationPlan,
    models: EvaluationModels,
    prompts: Prompts,
    files: Files,
    *,
    conditions: tuple[str, ...] = (),
    progress: Progress = silent,
) -> str:
    """Run all conditions on all scenarios; return the tables as text.

    Raises SettingError for an unknown condition or a log of another run, LLMMisconfigured where
    the endpoint cannot be used at all.
    """
    for persona in {plan.settings(scene).persona for scene in plan.scenarios}:
        prompts.persona(persona)  # an unknown one is better known before an hour of calls
    bench = make_bench(models.llms, prompts, models.meter, conditions)
    log = RunLog(scenario_header(bench, plan, prompts, models.description), files.log)
    try:
        await make_texts(bench, plan, log, progress)
        await mark_texts(bench, plan, log, progress)
    finally:
        log.close()
    figures = comparison_metrics(log, plan.scenarios, plan.persona)
    doubts = warnings(log, figures, plan.scenarios)
    if files.picture is not None:
        draw(figures, files.picture)
    results = {**figures.model_dump(mode="json"), "verdicts": verdicts(figures), "warnings": doubts}
    write_results(files.json, results, log)
    return text_of(figures, doubts)


async def evaluate_critics(
    plan: GoldenPlan,
    models: EvaluationModels,
    prompts: Prompts,
    files: Files,
    *,
    keep: Keep | None = None,
    progress: Progress = silent,
) -> str:
    """Let each Critic score the golden set; return the tables. ``keep`` gets the figures."""
    critics = make_critics(models.llms[Agent.CRITIC], prompts)
    header = golden_header(
        plan.rows, critics, prompts, models.description, seed=plan.seed, repeats=plan.repeats
    )
    log = RunLog(header, files.log)
    try:
        await score_golden(plan, critics, models.meter, log, progress)
    finally:
        log.close()
    figures = critic_benchmark(log, plan.rows)
    write_results(files.json, figures.model_dump(mode="json"), log)
    if keep is not None:
        await keep(figures, models.llms[Agent.CRITIC].model)
    return golden_text(figures)
