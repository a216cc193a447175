"""Kill the bot under load: ``python -m tests.kills [KILLS] [SEED]``, 300 times by itself.

With ``--postgres`` its database is a PostgreSQL; with ``--processes N`` that many share the rooms.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from tests.kills.findings import Found
from tests.kills.load import run_kills
from tests.kills.many import WITHIN, run_many
from tests.storage.postgres import PostgresServer, running_server


def main() -> int:
    """Print how it goes, and what was found; return 1 if anything is broken."""
    asked = argparse.ArgumentParser(prog="python -m tests.kills", description=__doc__)
    asked.add_argument("kills", nargs="?", type=int, default=300)
    asked.add_argument("seed", nargs="?", type=int, default=0)
    asked.add_argument("--postgres", action="store_true")
    asked.add_argument("--processes", type=int, default=1)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.postgres or given.processes > 1:
            with running_server() as server:
                found = asyncio.run(_run(Path(folder), given, server))
        else:
            found = asyncio.run(run_kills(Path(folder), given.kills, seed=given.seed, show=_show))
    sys.stdout.write(f"{found}\n")
    return 1 if found.broken or any(wait > WITHIN for wait in found.waits) else 0


async def _run(folder: Path, given: argparse.Namespace, server: PostgresServer) -> Found:
    async with server.database() as url:
        if given.processes == 1:
            return await run_kills(
                folder, given.kills, seed=given.seed, postgres_url=url, show=_show
            )
        return await run_many(
            folder, given.kills, url, processes=given.processes, seed=given.seed, show=_show
        )


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
