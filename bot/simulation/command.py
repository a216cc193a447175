"""The command `python -m bot simulate`: opens database and models, holds talks, writes files."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from rich.console import Console
from rich.progress import MofNCompleteColumn, TimeElapsedColumn

from bot.app.app import App, open_app
from bot.app.embedded_model import announce_loading
from bot.domain import Agent
from bot.errors import FourRoomsError, SettingError
from bot.llm.embedded.progress import StageBars
from bot.private_files import make_private_folder, open_private, require_writable, write_private
from bot.prompting.templates import FOLDER
from bot.prompting.user_personas import load_user_personas
from bot.settings import Settings
from bot.simulation.html_report import as_html
from bot.simulation.in_memory import InMemoryServer
from bot.simulation.live_view import LiveView
from bot.simulation.plan import SimulationPlan, TalkPlan, choose_people
from bot.simulation.records import TalkRecord
from bot.simulation.run import Hooks, simulate
from bot.simulation.summary import summary
from bot.text.json_lines import json_line

DATABASE: Final = Path("data/simulation.db")
"""A file of its own: a bot that runs would take up the rooms of a simulation as its own."""
PEOPLE: Final = ("glad", "boaster", "mistrusts-own-memory")
"""Who talks unless told otherwise: a first look takes minutes, not an hour."""
CHATBOT_PERSONA: Final = "default"
TURNS: Final = 3
AT_ONCE_SMALL: Final = 2
"""The embedded model answers two calls at a time."""
AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class SimulateOptions:
    """The options of the command line; None where one was not given."""

    personas: Sequence[str] = ()
    chatbot_persona: str | None = None
    conversations: int | None = None
    turns: int | None = None
    """At most so many; the AI User may leave before."""
    seed: int = 1
    at_once: int | None = None
    show: bool = False
    alliance: bool | None = None
    """None: as the settings have it."""
    database: Path = DATABASE
    fresh: bool = False
    jsonl: Path | None = None
    html: Path | None = None


async def run_simulation(settings: Settings, options: SimulateOptions) -> str:
    """Return the tables as text. SettingError where an option or a setting is wrong."""
    people = choose_people(load_user_personas(FOLDER / "user"), options.personas or PEOPLE)
    chatbot_persona = options.chatbot_persona or CHATBOT_PERSONA
    console = Console(stderr=True)
    async with open_world(settings, options) as app:
        app.prompts.persona(chatbot_persona)  # an unknown name is said at once
        plan = SimulationPlan(
            people=people,
            chatbot_persona=chatbot_persona,
            conversations=options.conversations or 1,
            turns=options.turns or TURNS,
            seed=options.seed,
            at_once=options.at_once or (AT_ONCE_SMALL if app.small else AT_ONCE),
        )
        live = LiveView(app.stores, console).deliver if options.show else None
        async with InMemoryServer(app.stores, app.agents, deliver=live) as stage:
            with _hooks(plan, options, console) as hooks:
                talks = await simulate(stage, plan, app.agents.alliance, hooks)
            await stage.engine.outbox_relay.settled()
    return _report(talks, plan, app.models, options)


@asynccontextmanager
async def open_world(settings: Settings, options: SimulateOptions) -> AsyncIterator[App]:
    """Open the bot over a simulation's own database, with every agent."""
    for option, path in (("--jsonl", options.jsonl), ("--html", options.html)):
        require_writable(option, path)
    _make_way(options.database, fresh=options.fresh)
    changes: dict[str, object] = {
        "database_url": SecretStr(f"sqlite+aiosqlite:///{options.database}")
    }
    if options.alliance is not None:
        changes["measure_alliance"] = options.alliance
    own = settings.model_copy(update=changes)
    announce_loading(own, tuple(Agent))
    async with open_app(own, agents=tuple(Agent)) as app:
        yield app


def _make_way(file: Path, *, fresh: bool) -> None:
    try:
        make_private_folder(file.parent)
        for ending in ("", "-wal", "-shm") if fresh else ():
            Path(f"{file}{ending}").unlink(missing_ok=True)
    except OSError as error:
        raise SettingError(f"--database {file}: {error.strerror}.") from None


def _report(
    talks: Sequence[TalkRecord], plan: SimulationPlan, models: str, options: SimulateOptions
) -> str:
    if not any(talk.turns for talk in talks):
        why = talks[0].ended if talks else "there was nobody to talk"
        raise FourRoomsError(f"No turn came to its end: {why}")
    tables = f"{heading(plan, models)}\n\n{summary(talks, seed=plan.seed)}"
    if options.html is not None:
        title = f"Simulation, Chatbot persona {plan.chatbot_persona}"
        write_file(options.html, as_html(talks, title=title, tables=tables))
    return tables


def heading(plan: SimulationPlan, models: str) -> str:
    """Say in a line what was simulated."""
    return (
        f"{models} Chatbot persona {plan.chatbot_persona}, {len(plan.people)} personas of the AI "
        f"User with {plan.conversations} conversations each of at most {plan.turns} turns, "
        f"seed {plan.seed}, {datetime.now(UTC):%Y-%m-%d}."
    )


@contextmanager
def _hooks(plan: SimulationPlan, options: SimulateOptions, console: Console) -> Iterator[Hooks]:
    """Show progress on standard error, and write a line in the file for each talk as it ends."""
    if options.jsonl is not None:
        write_file(options.jsonl, "")

    def keep(talk: TalkRecord) -> None:
        if options.jsonl is not None:
            with open_private(options.jsonl, "a") as file:
                file.write(json_line(talk.model_dump_json()))

    with StageBars(console, MofNCompleteColumn(), TimeElapsedColumn()) as bars:
        done = Counter(turns=0, conversations=0)
        whole = {"turns": len(plan.talks()) * plan.turns, "conversations": len(plan.talks())}

        def advance(stage: str, steps: int = 1) -> None:
            done[stage] += steps
            bars.show(stage, done[stage], whole[stage])

        def turn(_: TalkPlan, __: int) -> None:
            advance("turns")

        def end(talk: TalkRecord) -> None:
            keep(talk)
            advance("turns", plan.turns - len(talk.turns))  # those that will not be held
            advance("conversations")

        for stage in whole:
            advance(stage, 0)
        yield Hooks(turn=turn, ended=end)


def write_file(path: Path, text: str) -> None:
    """Write a file for its owner alone. SettingError where it cannot be written."""
    try:
        write_private(path, text)
    except OSError as error:
        raise SettingError(f"{path} cannot be written: {error.strerror}.") from None
