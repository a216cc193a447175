"""The commands on the database."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.process import database_url, print_json, set_up_logging
from bot.errors import SettingError

database_commands = typer.Typer(help="The database.", no_args_is_help=True)

BackupArgument = Annotated[Path, typer.Argument(help="The new file.", dir_okay=False)]
FromArgument = Annotated[str, typer.Argument(help="Where it is now.", metavar="FROM")]
ToArgument = Annotated[str, typer.Argument(help="A new database.", metavar="TO")]
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
    """Copy the database to a new file, also while the bot runs (PostgreSQL: by pg_dump)."""
    from bot.llm.embedded.progress import waiting  # noqa: PLC0415
    from bot.storage.backup import back_up  # noqa: PLC0415

    url = database_url()
    set_up_logging(least="WARNING")
    with waiting("Copying and checking the database"):
        size = back_up(url, file)
    if json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{file}: {size / 1_000_000:.1f} MB, complete.")


@database_commands.command()
def copy(source: FromArgument, target: ToArgument, json: JsonOption = False) -> None:
    """Copy a database to another address, e.g. from SQLite to PostgreSQL, while no bot runs."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import MofNCompleteColumn, TimeRemainingColumn  # noqa: PLC0415

    from bot.llm.embedded.progress import StageBars  # noqa: PLC0415
    from bot.storage.copying import copy_database  # noqa: PLC0415

    set_up_logging(least="WARNING")
    columns = (MofNCompleteColumn(), TimeRemainingColumn())
    with StageBars(Console(stderr=True), *columns) as bars:
        show = partial(bars.show, "Rows copied")
        rows = asyncio.run(copy_database(source, target, show))
    if json:
        print_json({"rows": rows})
    else:
        typer.echo(
            f"{sum(rows.values()):,} rows in {len(rows)} tables are copied, and counted there. Set "
            "DATABASE_URL to the new address; keep the old database until all is well."
        )


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
