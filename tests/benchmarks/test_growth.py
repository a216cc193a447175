"""Which of the databases that the growth benchmark keeps it uses again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks.growth import STALE, filled_server, newest_turn

TURNS = 200


async def test_a_database_is_used_again_until_its_last_day_is_over(tmp_path: Path) -> None:
    kept, unfinished = tmp_path / f"{TURNS}.db", tmp_path / f"{TURNS}-unfinished.db"
    for broken in (unfinished, tmp_path / f"{unfinished.name}-wal"):
        broken.write_text("a run that was killed")
    async with filled_server(tmp_path, TURNS):
        """It is filled, and kept at the end."""
    first = newest_turn(kept)
    async with filled_server(tmp_path, TURNS):
        """It is used again."""
    assert newest_turn(kept) == first
    old = (first - STALE).strftime("%Y-%m-%d %H:%M:%S.000000")
    with closing(sqlite3.connect(kept)) as connection, connection:
        connection.execute("UPDATE turns SET created_at = ? WHERE created_at > ?", (old, old))
    async with filled_server(tmp_path, TURNS):
        """It is filled anew."""
    assert datetime.now(UTC) - newest_turn(kept) < timedelta(minutes=30)
    assert not unfinished.exists()
