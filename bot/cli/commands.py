"""The commands and their options, as Typer reads them.

Each command imports what it needs when it runs, so that help comes at once.
"""

from __future__ import annotations

from typing import Annotated

import typer

from bot import __version__
from bot.cli.complaints import describe_misuse
from bot.cli.database import database_commands
from bot.cli.demonstrating import demo
from bot.cli.endings import FAILED, end
from bot.cli.measuring import evaluate, simulate
from bot.cli.process import SCRIPT
from bot.cli.rooms import room_commands
from bot.cli.running import run
from bot.cli.setting_up import doctor, init, invite
from bot.learning.tuning.cli import tune

app = typer.Typer(
    help="Four Rooms: a Discord bot whose Chatbot goes to therapy before it answers.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (run, demo, init, invite, doctor, simulate, evaluate, tune):
    app.command()(command)
app.add_typer(room_commands, name="rooms")
app.add_typer(database_commands, name="db")


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"{SCRIPT} {__version__}")
        raise typer.Exit


@app.callback()
def choose(
    _version: Annotated[
        bool,
        typer.Option("--version", help="Say which it is.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Run Four Rooms: a Discord bot whose Chatbot goes to therapy before it answers."""


def obey(called_as: str) -> int:
    """Do what the command line says, and return the exit status; its misuse ends the process.

    ``called_as`` is how its help names it.
    """
    try:
        status = app(standalone_mode=False, prog_name=called_as)
    except typer.TyperException as error:
        end(describe_misuse(error), error.exit_code)
    except typer.Abort:
        end("Ended without an answer.", FAILED)
    return status if isinstance(status, int) else 0
