"""The command `python -m bot evaluate --therapist`: the Therapist alone, on labelled drafts."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bot.agents.therapist import LLMTherapist
from bot.domain import Agent
from bot.evaluation.command import ALL, LOGS, open_models, show_progress
from bot.evaluation.datasets.talk_sets import load_labelled_drafts
from bot.evaluation.plan import Progress, silent
from bot.evaluation.run_files import read_results, write_results
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header
from bot.evaluation.runs import EvaluationModels, Files
from bot.evaluation.setup import prompt_versions, set_version
from bot.evaluation.therapist.therapist_benchmark import TherapistPlan, review_drafts
from bot.evaluation.therapist.therapist_metrics import therapist_benchmark
from bot.evaluation.therapist.therapist_report import therapist_text
from bot.prompting.templates import FOLDER, Prompts
from bot.settings import Settings

LABELLED: Final = FOLDER / "golden" / "talk.jsonl"
UNTOUCHED: Final = "test"
"""The part of the set that ships on which nothing was tuned."""
WHAT: Final = "Therapist on labelled drafts"
AT_ONCE: Final = 4
_FOLDERS: Final = ("therapist", "parts", "personas")
"""Folders of `prompts/` whose change makes another run."""


@dataclass(frozen=True, slots=True)
class TherapistOptions:
    """The options of the command line."""

    golden: Path | None = None
    """Your own labelled drafts; None: the set that ships."""
    split: str | None = None
    """Only that part, or ``all``; None: the untouched one of the set that ships, all of yours."""
    most: int | None = None
    persona: str = "default"
    seed: int = 1
    at_once: int = AT_ONCE
    fresh: bool = False
    files: Files = field(default_factory=Files)
    reckon_from: Path | None = None
    """A file of an earlier run: its table is reckoned again, and no model asked."""


async def run_therapist_evaluation(settings: Settings, options: TherapistOptions) -> str:
    """Return the tables as text. SettingError where a set, a file, a log or a setting is wrong."""
    if options.reckon_from is not None:
        return _report(read_results(options.reckon_from, WHAT), options.files.json)
    plan, prompts, files = _plan(options), Prompts.load(), _files(options)
    prompts.persona(plan.persona)  # an unknown one is better known before a model is opened
    async with open_models(settings, (Agent.THERAPIST,)) as models:
        with show_progress() as progress:
            return await evaluate_therapist(plan, models, prompts, files, progress)


async def evaluate_therapist(
    plan: TherapistPlan,
    models: EvaluationModels,
    prompts: Prompts,
    files: Files,
    progress: Progress = silent,
) -> str:
    """Have every draft reviewed; return the tables. A run that broke goes on from its log."""
    versions = prompt_versions(prompts.folder)
    header = Header(
        what=f"{WHAT}, persona {plan.persona}",
        seed=plan.seed,
        repeats=1,
        sets=set_version(plan.rows),
        models=models.description,
        prompts={name: versions[name] for name in _FOLDERS},
        critics={},
    )
    therapist = LLMTherapist(models.llms[Agent.THERAPIST], prompts)
    log = RunLog(header, files.log)
    try:
        await review_drafts(plan, therapist, models.meter, log, progress)
    finally:
        log.close()
    return _report(log, files.json)


def _report(log: RunLog, json_file: Path | None) -> str:
    figures = therapist_benchmark(log)
    write_results(json_file, figures.model_dump(mode="json"), log)
    return therapist_text(figures)


def _plan(options: TherapistOptions) -> TherapistPlan:
    split = options.split or (UNTOUCHED if options.golden is None else ALL)
    only = None if split == ALL else split
    rows = load_labelled_drafts(options.golden or LABELLED, only)[: options.most]
    return TherapistPlan(rows, options.persona, options.seed, options.at_once)


def _files(options: TherapistOptions) -> Files:
    log = options.files.log or LOGS / "therapist.jsonl"
    if options.fresh:
        log.unlink(missing_ok=True)
    return replace(options.files, log=log)
