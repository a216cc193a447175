"""What pictures and long files leave behind in the bot's memory."""

from __future__ import annotations

import asyncio
from typing import Final

from tests.benchmarks.figures import Figure
from tests.benchmarks.process import memory_mb
from tests.benchmarks.stage import Stage

REPORTS: Final = 25
"""How often each is asked for. The first of each kind tells most: it is what loads what draws."""
SETTLE_SECONDS: Final = 2.0
PATIENCE: Final = 120.0


async def measure_reports(stage: Stage, times: int = REPORTS) -> Figure:
    """The memory after so many `/scores` and `/session`, beside that of before."""
    before = await _memory(stage)
    for _ in range(times):
        for command in ("scores", "session"):
            asked = await stage.sandbox.person("Max").slash("#lobby", command)
            told = await asked.message(timeout=PATIENCE)
            if not told.files:
                raise RuntimeError(f"/{command} brought no file: {told.text}")
    after = await _memory(stage)
    name = f"memory after {times} /scores and {times} /session, times that before"
    return Figure(name, after / before, "", 1.05, f"{before:.1f} MB, then {after:.1f} MB")


async def _memory(stage: Stage) -> float:
    await asyncio.sleep(SETTLE_SECONDS)
    return memory_mb(stage.process.pid)
