"""The commands on the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.process import database_url, set_up_logging

database_commands = typer.Typer(help="The database.", no_args_is_help=True)

BackupArgument = Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)]
UserIdArgument = Annotated[int, typer.Argument(help="The person's id in Discord.", min=1)]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


@database_commands.command()
def upgrade() -> None:
    """Bring the database to the newest schema (`run` does so by itself)."""
    from bot.storage.migrations import migrate  # noqa: PLC0415

    url = database_url()
    set_up_logging()
    asyncio.run(migrate(url))
    typer.echo("The database is up to date.")


@database_commands.command()
def backup(file: BackupArgument) -> None:
    """Copy the SQLite database to a new file, also while the bot runs."""
    from bot.storage.backup import back_up  # noqa: PLC0415

    url = database_url()
    set_up_logging(least="WARNING")
    size = back_up(url, file)
    typer.echo(f"{file}: {size / 1_000_000:.1f} MB, complete and checked.")


@database_commands.command()
def forget(user_id: UserIdArgument, yes: YesOption = False) -> None:
    """Forget a person in every server: all rows, names and words of theirs."""
    from bot.app.operator_forgetting import forget_everywhere  # noqa: PLC0415

    url = database_url()
    set_up_logging(least="WARNING")

    def confirm(stored: str) -> bool:
        typer.echo(stored)
        return yes or typer.confirm("Delete all of it? It cannot be undone.")

    typer.echo(asyncio.run(forget_everywhere(url, user_id, confirm)))
