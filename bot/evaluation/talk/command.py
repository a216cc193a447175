"""The command `python -m bot evaluate --talk`: whole conversations through the whole engine."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bot.app.app import make_agents
from bot.app.embedded_model import announce_loading
from bot.app.llm_factory import SERVING, open_llms
from bot.domain import Agent
from bot.evaluation.command import ALL, LOGS, learn_abilities, show_progress
from bot.evaluation.datasets.talk_sets import LabelledDraft, load_labelled_drafts, load_talk_rooms
from bot.evaluation.plan import Progress, silent
from bot.evaluation.run_files import read_results, write_results
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header
from bot.evaluation.runs import Files
from bot.evaluation.setup import prompt_versions, set_version
from bot.evaluation.talk.hand_labels import with_hand_labels
from bot.evaluation.talk.hold_rooms import TalkPlan, choose_rooms, hold_rooms
from bot.evaluation.talk.judge_turns import judge_turns
from bot.evaluation.talk.judges import make_judge
from bot.evaluation.talk.talk_metrics import talk_benchmark
from bot.evaluation.talk.talk_report import talk_text
from bot.llm.protocol import LLM
from bot.prompting.templates import FOLDER, Prompts
from bot.settings import Settings
from bot.simulation.command import AT_ONCE, AT_ONCE_SMALL
from bot.simulation.in_memory import InMemoryServer
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores

MESSAGES: Final = FOLDER / "golden" / "talk_messages.jsonl"
UNTOUCHED: Final = "test"
"""The part of the messages that ship on which nothing was tuned."""
WHAT: Final = "Talk through the whole engine"


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """The options of the command line."""

    messages: Path | None = None
    """Your own rooms; None: the ones that ship."""
    rooms: int | None = None
    """Only so many, the first of an order that the seed decides."""
    golden: Path | None = None
    """Hand labels of the texts of this run, in the labelled set's shape."""
    split: str | None = None
    """Only that part, or ``all``; None: the untouched one of what ships, all of yours."""
    persona: str = "default"
    seed: int = 1
    at_once: int | None = None
    fresh: bool = False
    files: Files = field(default_factory=Files)
    reckon_from: Path | None = None
    """A file of an earlier run: its table is reckoned again, and no model asked."""


@dataclass(frozen=True, slots=True)
class TalkStage:
    """The engine in memory with the models behind it, and a line that names them."""

    server: InMemoryServer
    llms: Mapping[Agent, LLM]
    description: str


async def run_talk_evaluation(settings: Settings, options: TalkOptions) -> str:
    """Return the tables as text. SettingError where a set, a file, a log or a setting is wrong."""
    labels = () if options.golden is None else load_labelled_drafts(options.golden)
    if options.reckon_from is not None:
        return _report(read_results(options.reckon_from, WHAT), labels, options.files.json)
    plan, prompts = _plan(options), Prompts.load()
    prompts.persona(plan.persona)  # an unknown one is better known before a model is opened
    log_file = options.files.log or LOGS / "talk.jsonl"
    if options.fresh:
        log_file.unlink(missing_ok=True)
    async with open_stage(settings, prompts) as stage:
        small = any(llm.small for llm in stage.llms.values())
        at_once = options.at_once or (AT_ONCE_SMALL if small else AT_ONCE)
        with show_progress() as progress:
            log = await evaluate_talk(
                replace(plan, at_once=at_once), stage, prompts, log_file, progress
            )
    return _report(log, labels, options.files.json)


@asynccontextmanager
async def open_stage(settings: Settings, prompts: Prompts) -> AsyncIterator[TalkStage]:
    """Open the engine over a database of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="four-rooms-talk-") as folder:
        async with open_database(f"sqlite+aiosqlite:///{folder}/talk.db") as database:
            stores = Stores.over(database)
            announce_loading(settings, SERVING)
            async with open_llms(settings, stores.calls.record, agents=SERVING) as opened:
                await learn_abilities(opened.llms[Agent.CRITIC])
                agents = make_agents(opened.llms, prompts)
                async with InMemoryServer(stores, agents) as server:
                    yield TalkStage(server, opened.llms, opened.description)


async def evaluate_talk(
    plan: TalkPlan,
    stage: TalkStage,
    prompts: Prompts,
    log_file: Path | None = None,
    progress: Progress = silent,
) -> RunLog:
    """Hold all rooms, and have every text judged. A run that broke goes on from its log."""
    judge = make_judge(stage.llms[Agent.CRITIC], prompts)
    header = Header(
        what=f"{WHAT}, persona {plan.persona}",
        seed=plan.seed,
        repeats=1,
        sets=set_version(plan.rooms),
        models=stage.description,
        prompts=prompt_versions(prompts.folder),
        critics={judge.name: judge.method},
    )
    log = RunLog(header, log_file)
    try:
        await hold_rooms(stage.server, plan, log, progress)
        await judge_turns(judge, log, plan.at_once, progress)
    finally:
        log.close()
    return log


def _report(log: RunLog, labels: tuple[LabelledDraft, ...], json_file: Path | None) -> str:
    if labels:
        log = with_hand_labels(log, labels)
    figures = talk_benchmark(log)
    write_results(json_file, figures.model_dump(mode="json"), log)
    return talk_text(figures)


def _plan(options: TalkOptions) -> TalkPlan:
    split = options.split or (UNTOUCHED if options.messages is None else ALL)
    only = None if split == ALL else split
    rooms = load_talk_rooms(options.messages or MESSAGES, only)
    chosen = choose_rooms(rooms, options.rooms, options.seed)
    return TalkPlan(chosen, options.persona, options.seed)
