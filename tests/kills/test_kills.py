"""Kills at random moments of a running load; ``make kills`` has hundreds of them."""

from __future__ import annotations

from pathlib import Path

from tests.kills.load import run_kills
from tests.kills.many import QUICK, run_many

KILLS = 20
SECONDS = 8.0
"""After which no further one is begun: on a busy machine there are fewer."""


async def test_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    found = await run_kills(tmp_path, KILLS, seconds=SECONDS)
    assert found.kills > 0
    assert found.messages > 0
    assert found.replies > 0
    assert found.broken == {}, str(found)


async def test_other_processes_take_a_killed_ones_rooms(tmp_path: Path, postgres_url: str) -> None:
    found = await run_many(tmp_path, 1, postgres_url, processes=3, shards=3, pace=QUICK)
    assert found.messages > 0
    assert found.broken == {}, str(found)
