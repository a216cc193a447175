"""A process with the bot's code loaded, that has children to run it: a start without the imports.

A line on its standard input names the folder in which one is started; its answers are
``started PID`` and, whenever it comes to that, ``ended PID``.
"""

from __future__ import annotations

import gc
import importlib
import os
import sys
import threading

LOADED = (
    "bot.cli.running",
    "bot.client.connect",
    "bot.client.leased_run",
    "asyncpg",
    "bot.app.app",
    "bot.llm.openai_api.client",
    "openai",
)


def main() -> None:
    for module in LOADED:
        importlib.import_module(module)
    from bot.client.bot import COGS  # noqa: PLC0415 - after the rest, so that all is loaded once

    for cog in COGS:
        importlib.import_module(cog)
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.chdir(line.strip())
            _run()
        _say(f"started {child}")
        threading.Thread(target=_see_end, args=(child,), daemon=True).start()


def _see_end(child: int) -> None:
    os.waitpid(child, 0)
    _say(f"ended {child}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run() -> None:
    """Be the bot, in the child."""
    from bot.cli.running import run  # noqa: PLC0415

    if times := os.environ.get("LEASE_TIMES"):
        from bot.client import leased_run  # noqa: PLC0415 - loaded already
        from bot.storage.stores.shard_leases import LeaseTimes  # noqa: PLC0415

        leased_run.__dict__["TIMES"] = LeaseTimes(*map(float, times.split()))

    log = os.open("log.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 2)
    os.close(log)
    try:
        run()
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
