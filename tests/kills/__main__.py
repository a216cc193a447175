"""Kill the bot under load: ``python -m tests.kills [KILLS] [SEED]``, 300 times by itself."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from tests.kills.load import run_kills


def main() -> int:
    """Print how it goes, and what was found; return 1 if anything is broken."""
    kills, seed = (int(given) for given in (*sys.argv[1:3], *("300", "0")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(run_kills(Path(folder), kills, seed=seed, show=_show))
    sys.stdout.write(f"{found}\n")
    return 1 if found.broken else 0


def _show(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
