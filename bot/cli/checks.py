"""The command that looks at everything a bot needs."""

from __future__ import annotations

import asyncio

import typer

from bot.cli.process import set_up_logging

FAILED = 1


def doctor() -> None:
    """Check token, intents, permissions, endpoint, model, database and prompts."""
    from bot.doctor import examine  # noqa: PLC0415

    set_up_logging(least="CRITICAL")
    if not asyncio.run(examine()):
        raise typer.Exit(FAILED)
