"""The commands that show and measure what therapy does: `simulate` and `evaluate`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.process import set_up_logging
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

PersonaOption = Annotated[
    str, typer.Option("--persona", help="How the Chatbot is: default, narcissistic, or your own.")
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
    set_up_logging(least="ERROR")
    options = SimulateOptions(
        tuple(persona or ()), chatbot_persona, conversations, turns, seed, at_once,
        show, alliance, database, fresh, jsonl, html,
    )  # fmt: skip
    if example:
        asyncio.run(run_example(settings, options, lambda part: typer.echo(f"{part}\n")))
    else:
        typer.echo(asyncio.run(run_simulation(settings, options)), nl=False)


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
    typer.echo(run_chosen(arguments, fit_probes, lambda: set_up_logging(least="ERROR")), nl=False)
