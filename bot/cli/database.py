"""The commands on the database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.process import database_url, print_json, set_up_logging
from bot.errors import SettingError

database_commands = typer.Typer(help="The database.", no_args_is_help=True)

BackupArgument = Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)]
UserIdArgument = Annotated[int, typer.Argument(help="The person's id in Discord.", min=1)]
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for another program.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]


@database_commands.command()
def upgrade(json: JsonOption = False) -> None:
    """Bring the database to the newest schema (`run` does so by itself)."""
    from bot.storage.migrations import HEAD, migrate  # noqa: PLC0415

    url = database_url()
    set_up_logging()
    asyncio.run(migrate(url))
    if json:
        print_json({"revision": HEAD})
    else:
        typer.echo("The database is up to date.")


@database_commands.command()
def backup(file: BackupArgument, json: JsonOption = False) -> None:
    """Copy the SQLite database to a new file, also while the bot runs."""
    from bot.llm.embedded.progress import waiting  # noqa: PLC0415
    from bot.storage.backup import back_up  # noqa: PLC0415

    url = database_url()
    set_up_logging(least="WARNING")
    with waiting("Copying and checking the database"):
        size = back_up(url, file)
    if json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{file}: {size / 1_000_000:.1f} MB, complete and checked.")


@database_commands.command()
def forget(user_id: UserIdArgument, yes: YesOption = False, json: JsonOption = False) -> None:
    """Forget a person in every server: all rows, names and words of theirs."""
    from bot.app.operator_forgetting import forget_everywhere  # noqa: PLC0415

    if json and not yes:
        raise SettingError("--json goes with --yes, since there is nobody to ask.")
    url = database_url()
    set_up_logging(least="WARNING")

    def confirm(stored: str) -> bool:
        if json:
            return True
        typer.echo(stored)
        return yes or typer.confirm("Delete all of it? It cannot be undone.")

    forgotten = asyncio.run(forget_everywhere(url, user_id, confirm))
    if json:
        print_json(forgotten.as_row())
    else:
        typer.echo(forgotten.text)
