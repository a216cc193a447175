"""However a database is closed, or not: it ends, and what is committed is there."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.storage.database import lane as module
from bot.storage.database.database import Database
from bot.storage.database.troubles import DatabaseUnavailable
from tests.storage.samples import names, put, write


async def test_a_closed_database_serves_nobody(database: Database) -> None:
    await database.close()
    for use in (database.read, database.write):
        with pytest.raises(DatabaseUnavailable) as caught:
            async with use():
                pass
        assert "closed" in caught.value.detail
    await database.close()


async def test_closing_lets_a_transaction_end(database: Database, file: Path) -> None:
    inside = asyncio.Event()
    goes_on = asyncio.Event()

    async def slow() -> None:
        async with database.write() as connection:
            inside.set()
            await goes_on.wait()
            await put(connection, "a")

    task = asyncio.create_task(slow())
    await inside.wait()
    late = asyncio.create_task(write(database, "late"))
    await asyncio.sleep(0)
    closing_it = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    goes_on.set()
    await asyncio.gather(task, closing_it)
    with pytest.raises(DatabaseUnavailable):
        await late
    reopened = await Database.open(f"sqlite:///{file}")
    assert await names(reopened) == ["a"]
    await reopened.close()


async def test_closing_does_not_wait_for_ever(
    database: Database, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LAST_SECONDS", 0.01)
    inside = asyncio.Event()

    async def stuck() -> None:
        async with database.write() as connection:
            await put(connection, "a")
            inside.set()
            await asyncio.get_running_loop().create_future()

    task = asyncio.create_task(stuck())
    await inside.wait()
    await database.close()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    reopened = await Database.open(f"sqlite:///{file}")
    await write(reopened, "b")
    assert await names(reopened) == ["b"]
    await reopened.close()


async def test_closing_is_complete_even_if_cancelled(database: Database) -> None:
    task = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    for use in (database.read, database.write):
        with pytest.raises(DatabaseUnavailable):
            async with use():
                pass


LEFT_OPEN = """
import asyncio, os, sys
from bot.storage.database.database import Database
from bot.storage.stores.key_value import KeyValueStore

async def main():
    database = await Database.open(sys.argv[1])
    await KeyValueStore(database).put("kept", "x")
    async with database.write() as connection:
        await connection.exec_driver_sql("DELETE FROM marks")
        exec(sys.argv[2])

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("ending", "status", "kept"),
    [("pass", 0, 0), ("sys.exit(3)", 3, 1), ("raise KeyError", 1, 1), ("os._exit(4)", 4, 1)],
)
def test_the_interpreter_ends_though_nobody_closed(
    file: Path, ending: str, status: int, kept: int
) -> None:
    """What is committed by then is there, and nothing else."""
    command = [sys.executable, "-c", LEFT_OPEN, f"sqlite:///{file}", ending]
    done = subprocess.run(command, timeout=30, capture_output=True, check=False)  # noqa: S603
    assert done.returncode == status
    assert asyncio.run(count_marks(file)) == kept


async def count_marks(file: Path) -> int:
    database = await Database.open(f"sqlite:///{file}")
    try:
        return len(await names(database))
    finally:
        await database.close()
