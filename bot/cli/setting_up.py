"""The commands by which a bot gets to a server: the link that invites it, and a look at all."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from bot.cli.process import set_up_logging

NOT_WELL: Final = 1
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for another program.")]


EndpointOption = Annotated[
    str | None, typer.Option("--endpoint", help="An address, openai, or embedded. Else it asks.")
]
ModelOption = Annotated[str | None, typer.Option("--model", help="The model's id there.")]
FileOption = Annotated[
    Path, typer.Option("--file", help="Where the settings are written.", dir_okay=False)
]
NoInputOption = Annotated[bool, typer.Option("--no-input", help="Ask nothing.")]


def init(
    endpoint: EndpointOption = None,
    model: ModelOption = None,
    file: FileOption = Path(".env"),
    no_input: NoInputOption = False,
) -> None:
    """Ask for token and model, check both, write them to .env, and print the invite link.

    What the environment holds (DISCORD_TOKEN, OPENAI_API_KEY and so on) is taken and not asked.
    """
    from bot.first_settings.wizard import FirstSettings, Wizard  # noqa: PLC0415
    from bot.logs import set_up_logging as set_up_log  # noqa: PLC0415

    set_up_log("CRITICAL", "console")
    asked = not no_input and sys.stdin.isatty()
    known = FirstSettings(os.environ, endpoint, model, file)
    asyncio.run(Wizard(known, Terminal() if asked else None, typer.echo).run())


class Terminal:
    """A person at a terminal; an empty answer is the default."""

    def ask(self, question: str, default: str = "") -> str:
        """Return an answer; the default where nothing is said."""
        answer: str = typer.prompt(question, default=default, show_default=bool(default))
        return answer.strip()

    def ask_secret(self, question: str) -> str:
        """Return an answer that is not shown."""
        answer: str = typer.prompt(question, default="", hide_input=True, show_default=False)
        return answer


def invite() -> None:
    """Print the link that invites the bot to a server; Discord is asked whose token it is."""
    from bot.client.invite import read_invite_link  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    set_up_logging(least="CRITICAL")
    typer.echo(asyncio.run(read_invite_link(settings)))


def doctor(json: JsonOption = False) -> None:
    """Check token, intents, permissions, endpoint, model, database and prompts."""
    from bot.doctor import examine  # noqa: PLC0415

    set_up_logging(least="CRITICAL")
    if not asyncio.run(examine(as_json=json)):
        raise typer.Exit(NOT_WELL)
