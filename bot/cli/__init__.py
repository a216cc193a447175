"""The command line. Each command imports what it needs when it runs, so that help comes at once.

Exit status: 0 on success, 2 for a wrong setting, option, path, number or id (named, with how to
mend it), 1 otherwise.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from bot import __version__
from bot.cli.complaints import describe_misuse
from bot.cli.database import database_commands
from bot.cli.measuring import evaluate, simulate
from bot.cli.rooms import room_commands
from bot.cli.serving import demo, run
from bot.cli.setting_up import doctor, init, invite
from bot.errors import FourRoomsError, SettingError
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

WRONG_SETTING: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130

SCRIPT: Final = "four-rooms"
"""The name under which the command line is installed: pyproject.toml."""
OTHERS: Final = 0o077
"""The rights that nobody but the owner has to what a command makes."""


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


def main() -> None:
    """Run the command; an expected failure becomes one message and a status.

    Whatever it makes is for its owner alone: people's words are in nearly all of it.
    """
    os.umask(OTHERS)
    _speak_utf8()
    try:
        status = app(standalone_mode=False, prog_name=_called_as())
    except typer.TyperException as error:
        _end(describe_misuse(error), error.exit_code)
    except SettingError as error:
        _end(error.detail, WRONG_SETTING)
    except FourRoomsError as error:
        _end(error.detail, FAILED)
    except typer.Abort:
        _end("Ended without an answer.", FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(status if isinstance(status, int) else 0)


def _called_as() -> str:
    """Return how the command line was called, as its help repeats it."""
    return SCRIPT if Path(sys.argv[0]).stem == SCRIPT else "python -m bot"


def _speak_utf8() -> None:
    """Write UTF-8 whatever the system's own encoding is: on Windows that knows no emoji."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _end(said: str, status: int) -> NoReturn:
    typer.secho(said, fg=typer.colors.RED, err=True)
    sys.exit(status)
