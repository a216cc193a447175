"""The command that runs the bot in the demo's Discord on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.process import set_up_logging
from bot.errors import require_extra

SayOption = Annotated[
    list[str] | None,
    typer.Option("--say", help="Say this as a member and wait for the answer. Repeatable."),
]
ExitOption = Annotated[bool, typer.Option("--exit", help="End after the last --say.")]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Begin anew: forget the demo's world.")]
PersonaOption = Annotated[
    str | None,
    typer.Option("--persona", help="How the Chatbot is: default, narcissistic, or your own."),
]
PortOption = Annotated[
    int | None,
    typer.Option("--port", help="Where the page is, 1024 to 65535.", min=1024, max=65535),
]
NoBrowserOption = Annotated[
    bool, typer.Option("--no-browser", help="Print the page's address, and open nothing.")
]
FolderOption = Annotated[
    Path, typer.Option("--folder", help="Where the demo keeps its world.", file_okay=False)
]


def demo(
    say: SayOption = None,
    exit_: ExitOption = False,
    fresh: FreshOption = False,
    persona: PersonaOption = None,
    folder: FolderOption = Path("data/demo"),
    port: PortOption = None,
    no_browser: NoBrowserOption = False,
) -> None:
    """Run the same bot in a Discord on this machine: no account and no key needed."""
    require_extra("The demo", "demo", "simcord", "zstandard")
    from bot.demo.demo import Demo, run_demo  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    set_up_logging(least="WARNING")
    plan = Demo(
        folder=folder, say=tuple(say or ()), exit=exit_, fresh=fresh, persona=persona,
        port=port, browser=not no_browser,
    )  # fmt: skip
    asyncio.run(run_demo(settings, plan))
