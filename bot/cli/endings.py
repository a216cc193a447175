"""How a command that fails ends: with one message, and a status."""

from __future__ import annotations

import sys
from typing import Final, NoReturn

WRONG_SETTING: Final = 2
FAILED: Final = 1
INTERRUPTED: Final = 130


def end(said: str, status: int) -> NoReturn:
    """Say why, and end the process with that status."""
    import typer  # noqa: PLC0415 - a bot that goes on running has no use for it

    typer.secho(said, fg=typer.colors.RED, err=True)
    sys.exit(status)
