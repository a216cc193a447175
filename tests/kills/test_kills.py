"""Kills at random moments of a running load; ``make kills`` has hundreds of them."""

from __future__ import annotations

from pathlib import Path

from tests.kills.load import run_kills

KILLS = 20
SECONDS = 8.0
"""After which no further one is begun: on a busy machine there are fewer."""


async def test_nothing_is_lost_and_nothing_comes_twice(tmp_path: Path) -> None:
    found = await run_kills(tmp_path, KILLS, seconds=SECONDS)
    assert found.kills > 0
    assert found.messages > 0
    assert found.replies > 0
    assert found.broken == {}, found
