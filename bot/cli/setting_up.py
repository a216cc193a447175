"""The commands by which a bot gets to a server: the link that invites it, and a look at all."""

from __future__ import annotations

import asyncio
from typing import Annotated, Final

import typer

from bot.cli.process import set_up_logging

NOT_WELL: Final = 1
JsonOption = Annotated[bool, typer.Option("--json", help="As JSON, for another program.")]


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
