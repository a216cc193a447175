"""The command line. Each command imports what it needs when it runs, so that help comes at once.

Exit status: 0 on success, 2 for a wrong setting (named, with how to mend it), 1 otherwise.
"""

from __future__ import annotations

import os
import sys
from typing import Final

import typer

from bot.cli.checks import doctor
from bot.cli.database import database_commands
from bot.cli.measuring import evaluate, simulate
from bot.cli.serving import demo, run
from bot.errors import FourRoomsError, SettingError
from bot.learning.tuning.cli import tune

app = typer.Typer(
    help="Four Rooms: a Discord bot whose Chatbot goes to therapy before it answers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (run, demo, simulate, evaluate, tune, doctor):
    app.command()(command)
app.add_typer(database_commands, name="db")

WRONG_SETTING: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130

OTHERS: Final = 0o077
"""The rights that nobody but the owner has to what a command makes."""


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
