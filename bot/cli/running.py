"""The command that runs the bot in Discord: the one whose process lasts, and is kept small."""

from __future__ import annotations

import asyncio
from importlib import import_module

from bot.cli.process import set_up_logging
from bot.lazy_packages import hand_on_lazily, without


def run() -> None:
    """Run the bot against Discord."""
    hand_on_lazily()  # before anything imports what it is about
    with without("rich"):  # for tracebacks, which our log writes itself: 4 MB
        import_module("structlog")
    from bot.client.connect import run_bot  # noqa: PLC0415
    from bot.client.gc_tuning import share_one_heap  # noqa: PLC0415
    from bot.settings import Settings  # noqa: PLC0415

    settings = Settings.load()
    set_up_logging()
    share_one_heap()
    asyncio.run(run_bot(settings))
