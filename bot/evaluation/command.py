"""The command `python -m bot evaluate`: opens the models, runs, shows progress on stderr."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeRemainingColumn

from bot.agents.questions import NO, YES
from bot.app.embedded_model import announce_loading
from bot.app.llm_factory import SERVING, open_llms
from bot.domain import Agent, Deadline
from bot.errors import LLMRefused, SettingError, require_extra
from bot.evaluation.critic.critic_benchmark import GoldenPlan
from bot.evaluation.critic.publish_trust import keep_in_database
from bot.evaluation.datasets.datasets import GoldenRow, load_golden, load_scenarios
from bot.evaluation.plan import EvaluationPlan, Progress
from bot.evaluation.runs import EvaluationModels, Files, evaluate_critics, evaluate_therapy
from bot.evaluation.usage_meter import UNIT_SECONDS, UsageMeter
from bot.llm.embedded.progress import StageBars
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import FOLDER, Prompts, probability_check
from bot.settings import Settings

SCENARIOS: Final = FOLDER / "scenarios" / "community.jsonl"
GOLDEN: Final = FOLDER / "golden" / "critic.jsonl"
EXAMPLES: Final = FOLDER / "golden" / "examples.jsonl"
SPLITS: Final = ("tune", "test")
ALL: Final = "all"
PICTURES: Final = (".png", ".svg", ".pdf")
LOGS: Final = Path("data/evaluation")
"""Where a run keeps its records unless told otherwise, so that a broken one can go on."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of the command line."""

    critic: bool = False
    """Measure the Critic on the golden set, in place of the therapy on scenarios."""
    fit: bool = False
    """Fit the probes of the embedded model anew, on the examples and the tuning half."""
    scenarios: Path = SCENARIOS
    golden: Path = GOLDEN
    split: str | None = None
    """Only rows of that half: ``tune`` or ``test``."""
    most: int | None = None
    """Only so many rows, from the start: for a first look."""
    repeats: int = 1
    seed: int = 1
    persona: str = "default"
    """The Chatbot's persona in scenarios that name none."""
    conditions: tuple[str, ...] = ()
    at_once: int = 4
    fresh: bool = False
    """Begin anew, though the log holds a run."""
    files: Files = field(default_factory=Files)

    @classmethod
    def chosen(
        cls,
        critic: bool,
        scenarios: Path | None,
        golden: Path | None,
        split: str,
        conditions: tuple[str, ...],
        at_once: int | None,
        **others: Any,
    ) -> Self:
        """Return the options of a command line; SettingError where two do not go together."""
        if split not in (*SPLITS, ALL):
            raise SettingError(f"--split {split!r}: it is {', '.join(SPLITS)} or {ALL}.")
        drawn = others["files"].picture if "files" in others else None
        if drawn is not None and drawn.suffix.lower() not in PICTURES:
            raise SettingError(f"--picture {drawn}: its name has to end in {', '.join(PICTURES)}.")
        if drawn is not None:
            require_extra("--picture", "charts", "matplotlib")
        if critic and others.get("fit"):
            raise SettingError("--fit goes without --critic.")
        apart = {"--scenarios": scenarios, "--conditions": conditions, "--picture": drawn}
        wrong = apart if critic else {"--golden": golden}
        for name in (name for name, value in wrong.items() if value):
            raise SettingError(f"{name} goes {'without' if critic else 'with'} --critic.")
        given = {"scenarios": scenarios, "golden": golden, "at_once": at_once}
        known: dict[str, Any] = {name: one for name, one in given.items() if one is not None}
        half = None if split == ALL else split
        return cls(critic=critic, split=half, conditions=conditions, **known, **others)


FitProbes = Callable[
    [Sequence[GoldenRow], LLM, Prompts, Path, Progress, Path | None], Awaitable[str]
]
"""Fits probes to labelled rows, and returns figures as text, and as JSON in a file if one is named:
see `bot.learning`."""


async def run_evaluation(
    settings: Settings, options: Options, fit_probes: FitProbes | None = None
) -> str:
    """Return the tables as text. SettingError where a set, option, log or setting is wrong.

    ``fit_probes`` is what `--fit` does: what is learned from an evaluation stands above it.
    """
    prompts = Prompts.load()
    plan = _golden_plan(options) if options.critic else _scenario_plan(options)
    files = _files(options)
    agents = (Agent.CRITIC,) if options.critic or options.fit else SERVING
    async with open_models(settings, agents) as models:
        with show_progress() as progress:
            if options.fit and fit_probes is not None:
                rows = (*load_golden(EXAMPLES), *load_golden(GOLDEN, "tune"))
                log = options.files.log or LOGS / "vectors.jsonl"
                critic, json = models.llms[Agent.CRITIC], options.files.json
                return await fit_probes(rows, critic, prompts, log, progress, json)
            if isinstance(plan, GoldenPlan):
                # A first look at some rows is not what a Critic should be trusted by.
                keep = partial(keep_in_database, settings) if options.most is None else None
                return await evaluate_critics(
                    plan, models, prompts, files, keep=keep, progress=progress
                )
            return await evaluate_therapy(
                plan, models, prompts, files, conditions=options.conditions, progress=progress
            )


def _golden_plan(options: Options) -> GoldenPlan:
    rows = load_golden(options.golden, options.split)[: options.most]
    return GoldenPlan(rows, options.repeats, options.seed, options.at_once)


def _scenario_plan(options: Options) -> EvaluationPlan:
    return EvaluationPlan(
        load_scenarios(options.scenarios, options.split)[: options.most],
        repeats=options.repeats,
        seed=options.seed,
        persona=options.persona,
        at_once=options.at_once,
    )


def _files(options: Options) -> Files:
    log = options.files.log or LOGS / ("critic.jsonl" if options.critic else "therapy.jsonl")
    if options.fresh:
        log.unlink(missing_ok=True)
    return replace(options.files, log=log)


@asynccontextmanager
async def open_models(
    settings: Settings, agents: Iterable[Agent]
) -> AsyncIterator[EvaluationModels]:
    """Open the agents' models, and learn what they can."""
    meter, agents = UsageMeter(), tuple(agents)
    announce_loading(settings, agents)
    async with open_llms(settings, meter.record, agents=agents) as opened:
        for llm in opened.llms.values():
            await learn_abilities(llm)
        yield EvaluationModels(opened.llms, opened.description, meter)


async def learn_abilities(llm: LLM) -> None:
    """Make sure that it is known whether the model gives probabilities.

    It decides which Critics and judges there are, and must not change in the middle of a run; the
    question asked when models are opened is given up after a few seconds.
    """
    ctx = CallContext(Deadline.after(UNIT_SECONDS))
    with suppress(LLMRefused):
        await llm.probabilities(probability_check(), (YES, NO), ctx)


@contextmanager
def show_progress() -> Iterator[Progress]:
    """Show a bar for each stage on standard error, so that the tables can be piped.

    Lines where that is no terminal: a run takes hours, and its log is read.
    """
    console = Console(stderr=True)
    with StageBars(console, MofNCompleteColumn(), TimeRemainingColumn()) as bars:
        yield bars.show
