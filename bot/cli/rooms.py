"""The commands on the Chat Rooms."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from bot.cli.process import print_json, set_up_logging

room_commands = typer.Typer(help="The Chat Rooms.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for another program.")]


@room_commands.command("list")
def list_rooms(json: JsonOption = False) -> None:
    """List the Chat Rooms, as the database has them. It changes nothing."""
    from bot.app.room_list import read_rooms, render_rooms, room_row  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    set_up_logging(least="WARNING")
    rooms = asyncio.run(read_rooms(settings.database_url.get_secret_value()))
    if json:
        print_json([room_row(room) for room in rooms])
    else:
        typer.echo(render_rooms(rooms))
