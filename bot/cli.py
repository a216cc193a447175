"""The command line. Each command imports what it needs when it runs, so that help comes at once.

Exit status: 0 on success, 2 for a wrong setting (named, with how to mend it), 1 otherwise.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.errors import FourRoomsError, SettingError, require_extra
from bot.evaluation.cli_options import (
    ConditionsOption,
    CrisisOption,
    CriticOption,
    FitOption,
    FromOption,
    GoldenOption,
    JsonOption,
    LogOption,
    MessagesOption,
    MostOption,
    PictureOption,
    RepeatsOption,
    RoomsOption,
    ScenariosOption,
    SetOption,
    SplitOption,
    TalkOption,
    TherapistOption,
)
from bot.learning.tuning.cli import tune

app = typer.Typer(
    help="Four Rooms: a Discord bot whose Chatbot goes to therapy before it answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
database_commands = typer.Typer(help="The database.", no_args_is_help=True)
app.add_typer(database_commands, name="db")

WRONG_SETTING: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130

OTHERS: Final = 0o077
"""The rights that nobody but the owner has to what a command makes."""

SayOption = Annotated[
    list[str] | None,
    typer.Option("--say", help="Say this as a member and wait for the answer. Repeatable."),
]
ExitOption = Annotated[bool, typer.Option("--exit", help="End after the last --say.")]
FreshDemoOption = Annotated[
    bool, typer.Option("--fresh", help="Begin anew: forget the demo's world.")
]
PersonaOption = Annotated[
    str, typer.Option("--persona", help="How the Chatbot is: default, narcissistic, or your own.")
]
FolderOption = Annotated[
    Path, typer.Option("--folder", help="Where the demo keeps its world.", file_okay=False)
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed repeats it.", min=0)]
AtOnceOption = Annotated[
    int | None, typer.Option("--at-once", help="How many are worked on side by side.", min=1)
]
UserPersonaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--persona",
        help="Who the AI User is: a name in prompts/user, everyday, red-team or all. Repeatable.",
    ),
]
ChatbotPersonaOption = Annotated[
    str | None, typer.Option("--chatbot-persona", help="How the Chatbot is; default.")
]
ConversationsOption = Annotated[
    int | None, typer.Option("--conversations", help="How many with each persona; 1.", min=1)
]
TurnsOption = Annotated[
    int | None, typer.Option("--turns", help="The most turns of one; 3.", min=1, max=50)
]
ShowOption = Annotated[bool, typer.Option("--show", help="Print the rooms as they go.")]
ExampleOption = Annotated[
    bool, typer.Option("--example", help="The paper's working example, one turn of it.")
]
AllianceOption = Annotated[
    bool | None,
    typer.Option("--alliance/--no-alliance", help="The working alliance: on if it costs nothing."),
]
DatabaseOption = Annotated[
    Path, typer.Option("--database", help="The SQLite file of simulations.", dir_okay=False)
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Begin anew: forget earlier ones.")]
JsonlOption = Annotated[
    Path | None, typer.Option("--jsonl", help="Write each conversation as a line of JSON.")
]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write all as one page to read.")]

BackupArgument = Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)]
UserIdArgument = Annotated[int, typer.Argument(help="The person's id in Discord.", min=1)]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


@app.command()
def run() -> None:
    """Run the bot against Discord."""
    from bot.client.connect import run_bot  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    _set_up_logging()
    asyncio.run(run_bot(settings))


@app.command()
def demo(
    say: SayOption = None,
    exit_: ExitOption = False,
    fresh: FreshDemoOption = False,
    persona: PersonaOption = "default",
    folder: FolderOption = Path("data/demo"),
) -> None:
    """Run the same bot in a Discord on this machine: no account and no key needed."""
    require_extra("The demo", "demo", "simcord", "zstandard")
    from bot.demo.demo import Demo, run_demo  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    _set_up_logging(least="WARNING")
    plan = Demo(folder=folder, say=tuple(say or ()), exit=exit_, fresh=fresh, persona=persona)
    asyncio.run(run_demo(settings, plan))


@app.command()
def simulate(
    persona: UserPersonaOption = None,
    chatbot_persona: ChatbotPersonaOption = None,
    conversations: ConversationsOption = None,
    turns: TurnsOption = None,
    seed: SeedOption = 1,
    at_once: AtOnceOption = None,
    show: ShowOption = False,
    alliance: AllianceOption = None,
    example: ExampleOption = False,
    database: DatabaseOption = Path("data/simulation.db"),
    fresh: FreshOption = False,
    jsonl: JsonlOption = None,
    html: HtmlOption = None,
) -> None:
    """Let an AI User talk with the Chatbot, through the same engine, and see what comes of it."""
    from bot.settings import Settings  # noqa: PLC0415
    from bot.simulation.command import SimulateOptions, run_simulation  # noqa: PLC0415
    from bot.simulation.example_run import run_example  # noqa: PLC0415

    settings = Settings.load()
    _set_up_logging(least="ERROR")
    options = SimulateOptions(
        tuple(persona or ()), chatbot_persona, conversations, turns, seed, at_once,
        show, alliance, database, fresh, jsonl, html,
    )  # fmt: skip
    if example:
        asyncio.run(run_example(settings, options, lambda part: typer.echo(f"{part}\n")))
    else:
        typer.echo(asyncio.run(run_simulation(settings, options)), nl=False)


@app.command()
def evaluate(
    scenarios: ScenariosOption = None,
    critic: CriticOption = False,
    fit: FitOption = False,
    therapist: TherapistOption = False,
    talk: TalkOption = False,
    messages: MessagesOption = None,
    rooms: RoomsOption = None,
    crisis: CrisisOption = False,
    set_: SetOption = None,
    golden: GoldenOption = None,
    conditions: ConditionsOption = None,
    split: SplitOption = None,
    most: MostOption = None,
    repeats: RepeatsOption = 1,
    seed: SeedOption = 1,
    persona: PersonaOption = "default",
    at_once: AtOnceOption = None,
    json: JsonOption = None,
    from_: FromOption = None,
    picture: PictureOption = None,
    log: LogOption = None,
    fresh: FreshOption = False,
) -> None:
    """Compare therapy with what else could be done, or measure an agent, with intervals."""
    from bot.evaluation.modes import EvaluateArguments, run_chosen  # noqa: PLC0415
    from bot.learning.probe_training import fit_probes  # noqa: PLC0415

    arguments = EvaluateArguments(
        scenarios=scenarios, critic=critic, fit=fit, therapist=therapist, talk=talk,
        messages=messages, rooms=rooms, crisis=crisis, set_=set_, golden=golden,
        conditions=tuple(conditions or ()), split=split, most=most, repeats=repeats, seed=seed,
        persona=persona, at_once=at_once, json=json, from_=from_, picture=picture, log=log,
        fresh=fresh,
    )  # fmt: skip
    typer.echo(run_chosen(arguments, fit_probes, lambda: _set_up_logging(least="ERROR")), nl=False)


app.command()(tune)


@app.command()
def doctor() -> None:
    """Check token, intents, permissions, endpoint, model, database and prompts."""
    from bot.doctor import examine  # noqa: PLC0415

    _set_up_logging(least="CRITICAL")
    if not asyncio.run(examine()):
        raise typer.Exit(FAILED)


@database_commands.command()
def upgrade() -> None:
    """Bring the database to the newest schema (`run` does so by itself)."""
    from bot.storage.migrations import migrate  # noqa: PLC0415

    url = _database_url()
    _set_up_logging()
    asyncio.run(migrate(url))
    typer.echo("The database is up to date.")


@database_commands.command()
def backup(file: BackupArgument) -> None:
    """Copy the SQLite database to a new file, also while the bot runs."""
    from bot.storage.backup import back_up  # noqa: PLC0415

    url = _database_url()
    _set_up_logging(least="WARNING")
    size = back_up(url, file)
    typer.echo(f"{file}: {size / 1_000_000:.1f} MB, complete and checked.")


@database_commands.command()
def forget(user_id: UserIdArgument, yes: YesOption = False) -> None:
    """Forget a person in every server: all rows, names and words of theirs."""
    from bot.app.operator_forgetting import forget_everywhere  # noqa: PLC0415

    url = _database_url()
    _set_up_logging(least="WARNING")

    def confirm(stored: str) -> bool:
        typer.echo(stored)
        return yes or typer.confirm("Delete all of it? It cannot be undone.")

    typer.echo(asyncio.run(forget_everywhere(url, user_id, confirm)))


def _database_url() -> str:
    from bot.settings import Settings  # noqa: PLC0415

    return Settings.load().database_url.get_secret_value()


def _set_up_logging(least: str | None = None) -> None:
    from bot.logs import log_uncaught_errors, set_up_logging  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    chosen = "log_level" in settings.model_fields_set
    level = least if least and not chosen else settings.log_level
    set_up_logging(level, settings.log_format)
    log_uncaught_errors()


def main() -> None:
    """Run the command; an expected failure becomes one message and a status.

    Whatever it makes is for its owner alone: people's words are in nearly all of it.
    """
    os.umask(OTHERS)
    try:
        app()
    except SettingError as error:
        _complain(error)
        sys.exit(WRONG_SETTING)
    except FourRoomsError as error:
        _complain(error)
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _complain(error: FourRoomsError) -> None:
    typer.secho(error.detail, fg=typer.colors.RED, err=True)
