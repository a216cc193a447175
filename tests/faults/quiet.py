"""What goes out while a fault lasts and nobody speaks: with the waits as they are."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.house import FaultHouse, open_house
from tests.faults.models import FAULTS

SETTLES: Final = 75.0
"""Seconds after the message until it is quiet: its own tries, and the first looks."""
WATCHED: Final = 120.0
LONGEST: Final = 1.0
"""Calls a minute that there may be at most."""
KEPT_UP: Final = ("401", "404", "429, no header", "503", "hangs", "200 with a web page")


@dataclass(frozen=True)
class Rates:
    """What went out in a minute, on average."""

    calls: float
    requests: float


async def see_quiet(faults: Sequence[str]) -> Mapping[str, Rates]:
    """Return the rates for each fault of a model, all at once, each in a process of its own."""
    rates = await asyncio.gather(*map(_see_apart, faults))
    return dict(zip(faults, rates, strict=True))


async def _see_apart(fault: str) -> Rates:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.quiet", fault),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    printed, _ = await process.communicate()
    return Rates(*json.loads(printed.splitlines()[-1]))  # behind the lines of its log


async def _see(fault: str) -> Rates:
    with tempfile.TemporaryDirectory() as folder:
        async with open_house(Path(folder), hasty=False) as house:
            return await _watch(house, fault)


async def _watch(house: FaultHouse, fault: str) -> Rates:
    for kind in ("text", "_FullReview", "_FullReflection", "_FullWritten"):
        house.broken[kind] = FAULTS[fault]
    await house.say()
    await asyncio.sleep(SETTLES)
    calls, mark = len(house.model.requests), house.sandbox.requests.mark
    await asyncio.sleep(WATCHED)
    minutes = WATCHED / 60
    return Rates(
        round((len(house.model.requests) - calls) / minutes, 1),
        round((house.sandbox.requests.mark - mark) / minutes, 1),
    )


if __name__ == "__main__":
    found = asyncio.run(_see(sys.argv[1]))
    sys.stdout.write(f"\n{json.dumps([found.calls, found.requests])}\n")
