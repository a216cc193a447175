from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, exc, select, text
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database import database as module
from bot.storage.database import lane
from bot.storage.database.database import Database
from bot.storage.database.tables import key_value
from bot.storage.database.troubles import DatabaseUnavailable
from tests.patience import PATIENCE
from tests.storage.samples import NOON, names, put, write


async def pragmas(connection: AsyncConnection, *wanted: str) -> list[Any]:
    return [await connection.scalar(text(f"PRAGMA {name}")) for name in wanted]


@pytest.mark.sqlite
async def test_connections_are_set_up(disk_synced: None, database: Database) -> None:
    wanted = ("journal_mode", "foreign_keys", "synchronous", "busy_timeout", "query_only")
    async with database.write() as connection:
        assert await pragmas(connection, *wanted) == ["wal", 1, 1, 5000, 0]
    async with database.read() as connection:
        assert await pragmas(connection, *wanted) == ["wal", 1, 1, 5000, 1]


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        async with database.read() as connection:
            await put(connection, "a")
    assert await names(database) == []


@pytest.mark.postgres
async def test_an_exception_undoes_all(database: Database) -> None:
    async def failing() -> None:
        async with database.write() as connection:
            await put(connection, "a")
            raise KeyError

    with pytest.raises(KeyError):
        await failing()
    await write(database, "b")
    assert await names(database) == ["b"]


async def test_readers_see_what_is_committed_and_do_not_wait(database: Database) -> None:
    async with database.write() as connection:
        await put(connection, "a")
        assert await asyncio.gather(*(names(database) for _ in range(9))) == [[]] * 9
    assert await names(database) == ["a"]


async def test_writers_take_turns_in_the_order_of_asking(database: Database) -> None:
    order: list[int] = []

    async def one(number: int) -> None:
        async with database.write() as connection:
            order.append(number)
            await put(connection, f"{number}")
            order.append(number)

    await asyncio.gather(*(one(number) for number in range(5)))
    assert order == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


async def test_a_transaction_holds_the_right_to_write_from_its_beginning(
    database: Database, file: Path
) -> None:
    with closing(sqlite3.connect(file, timeout=0, isolation_level=None)) as another_process:
        async with database.write() as connection:
            await connection.execute(select(key_value))
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                another_process.execute("BEGIN IMMEDIATE")
        another_process.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize("cancels", [1, 2, 3])
async def test_cancelled_at_any_moment_it_is_all_or_nothing(
    database: Database, cancels: int
) -> None:
    """Cancels a writer after every possible number of steps of the event loop."""
    outcomes: set[int] = set()
    for steps in range(400):
        pair = [f"{steps} a", f"{steps} b"]
        task = asyncio.create_task(write(database, *pair))
        for _ in range(steps):
            await asyncio.sleep(0)
        done = task.done()
        for _ in range(cancels):
            task.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await task
        await write(database, f"{steps} z")
        kept = [name for name in await names(database) if name.startswith(f"{steps} ")]
        assert kept in ([f"{steps} z"], [*pair, f"{steps} z"])
        outcomes.add(len(kept))
        if done:
            break
    assert outcomes == {1, 3}


async def test_a_cancelled_reader_frees_its_connection(database: Database) -> None:
    for steps in range(60):
        readers = [asyncio.create_task(names(database)) for _ in range(module.READERS)]
        for _ in range(steps):
            await asyncio.sleep(0)
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
        assert await names(database) == []


async def test_a_writer_cancelled_while_it_waits_lets_the_others_pass(database: Database) -> None:
    async with database.write() as connection:
        waiting = [asyncio.create_task(write(database, name)) for name in "abc"]
        await asyncio.sleep(0)
        waiting[1].cancel()
        await put(connection, "first")
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await names(database) == ["a", "c", "first"]


async def test_each_use_is_told_with_its_seconds_and_the_wait_for_it(database: Database) -> None:
    used: list[tuple[bool, float]] = []
    database.observe(lambda writes, seconds: used.append((writes, seconds)))
    first, held = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.write():
            first.set()
            await held.wait()

    holding = asyncio.create_task(hold())
    await first.wait()
    waiting = asyncio.create_task(write(database, "a"))
    await asyncio.sleep(0)  # it waits from before the read on
    await names(database)
    held.set()
    await asyncio.gather(holding, waiting)
    (read, read_for), *written = used
    assert (read, [writes for writes, _ in written]) == (False, [True, True])
    assert min(seconds for _, seconds in written) >= read_for > 0


async def test_a_use_that_fails_is_told_too(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    used: list[bool] = []
    database.observe(lambda writes, _: used.append(writes))
    monkeypatch.setattr(lane, "WAIT_SECONDS", 0.01)
    async with database.write():
        with pytest.raises(DatabaseUnavailable):
            await write(database, "a")
        assert used == [True]


async def test_waiting_for_a_connection_is_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "WAIT_SECONDS", 0.01)
    async with database.write():
        with pytest.raises(DatabaseUnavailable, match="wrong"):
            await write(database, "a")
    await write(database, "b")
    assert await names(database) == ["b"]


async def test_the_words_of_another_driver_are_not_told(database: Database) -> None:
    quoting = Exception("invalid input for query argument $1: 'SAIDMARK'")
    with pytest.raises(DatabaseUnavailable) as caught:
        async with database.write():
            raise exc.InterfaceError("INSERT", {}, quoting)
    assert caught.value.detail == "database: Exception"


async def test_a_database_that_is_locked_by_another_process_is_unavailable(
    database: Database, file: Path
) -> None:
    async with database.write() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 10"))
    with closing(sqlite3.connect(file, isolation_level=None)) as another_process:
        another_process.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable) as caught:
            await write(database, "a")
        assert "locked" in caught.value.detail
        assert await names(database) == []
    await write(database, "b")
    assert await names(database) == ["b"]


@pytest.mark.postgres
async def test_what_people_wrote_is_in_no_error(database: Database) -> None:
    async def wrong() -> None:
        async with database.write() as connection:
            secret = {"name": None, "value": "what Ann wrote", "changed_at": NOON}
            await connection.execute(key_value.insert(), secret)

    with pytest.raises(exc.IntegrityError) as caught:
        await wrong()
    assert "what Ann wrote" not in str(caught.value)


@pytest.mark.parametrize("end", ["commit", "rollback"])
@pytest.mark.sqlite
async def test_a_connection_that_cannot_end_its_transaction_is_replaced(
    database: Database, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    def fail(_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    async def unlucky() -> None:
        async with database.write() as connection:
            await put(connection, "a")
            monkeypatch.setattr(AsyncAdapt_aiosqlite_connection, end, fail)
            if end == "rollback":
                raise KeyError

    with pytest.raises(DatabaseUnavailable) as caught:
        await unlucky()
    assert "disk I/O error" in caught.value.detail
    monkeypatch.undo()
    await write(database, "b")
    assert await names(database) == ["b"]


def soon(database: Database, name: str | None) -> None:
    database.write_soon(key_value.insert(), {"name": name, "value": "", "changed_at": NOON})


async def test_what_is_written_soon_goes_with_the_next_transaction(database: Database) -> None:
    soon(database, "a")
    soon(database, "b")
    assert await names(database) == []
    await write(database, "c")
    assert await names(database) == ["a", "b", "c"]


async def test_what_is_written_soon_is_written_by_itself(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = asyncio.Event()
    flush = database.flush

    async def flush_and_tell() -> None:
        await flush()
        flushed.set()

    monkeypatch.setattr(database, "flush", flush_and_tell)
    monkeypatch.setattr(module, "SOON_SECONDS", 0.01)
    for name in "ab":
        soon(database, name)
        async with asyncio.timeout(PATIENCE):
            await flushed.wait()
        flushed.clear()
    assert await names(database) == ["a", "b"]


async def test_what_is_written_soon_outlives_an_undone_transaction(database: Database) -> None:
    async def failing() -> None:
        async with database.write() as connection:
            await put(connection, "a")
            raise KeyError

    soon(database, "b")
    with pytest.raises(KeyError):
        await failing()
    await database.flush()
    assert await names(database) == ["b"]


async def test_what_is_written_soon_outlives_a_locked_database(
    database: Database, file: Path
) -> None:
    async with database.write() as connection:
        await connection.execute(text("PRAGMA busy_timeout = 10"))
    with closing(sqlite3.connect(file, isolation_level=None)) as another_process:
        another_process.execute("BEGIN IMMEDIATE")
        soon(database, "a")
        with pytest.raises(DatabaseUnavailable):
            await database.flush()
    await write(database, "b")
    assert await names(database) == ["a", "b"]


@pytest.mark.postgres
async def test_a_row_that_is_wrong_is_in_the_way_once(database: Database) -> None:
    soon(database, None)
    with pytest.raises(exc.IntegrityError):
        await write(database, "a")
    await write(database, "b")
    assert await names(database) == ["b"]


async def test_what_is_written_soon_is_written_at_the_end(file: Path) -> None:
    database = await Database.open(f"sqlite:///{file}")
    soon(database, "a")
    await database.close()
    again = await Database.open(f"sqlite:///{file}")
    assert await names(again) == ["a"]
    await again.close()


@pytest.mark.postgres
async def test_cancelled_at_any_moment_a_row_is_written_once(database: Database) -> None:
    for steps in range(60):
        soon(database, f"{steps:03} soon")
        task = asyncio.create_task(write(database, f"{steps:03} a"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    await database.flush()
    kept = [name for name in await names(database) if name.endswith("soon")]
    assert kept == [f"{steps:03} soon" for steps in range(60)]


@pytest.mark.sqlite
async def test_a_flush_waits_for_who_has_taken_the_rows_along(database: Database) -> None:
    begun = threading.Event()
    go_on = threading.Event()

    def slow(connection: Connection) -> None:
        begun.set()
        assert go_on.wait(PATIENCE)

    soon(database, "a")
    slowly = asyncio.create_task(database.transact(slow))
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    flushing = asyncio.create_task(database.flush())
    await asyncio.sleep(0)
    assert not flushing.done()
    go_on.set()
    await flushing
    assert await names(database) == ["a"]
    await slowly


async def test_a_connection_that_cannot_be_opened_once_costs_no_place_and_no_row(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = AsyncConnection.start
    failed: list[object] = []

    async def fail_once(self: AsyncConnection, is_ctxmanager: bool = False) -> AsyncConnection:
        if not failed:
            failed.append(self)
            raise exc.OperationalError("", {}, sqlite3.OperationalError("unable to open"))
        return await start(self, is_ctxmanager)

    soon(database, "a")
    monkeypatch.setattr(AsyncConnection, "start", fail_once)
    with pytest.raises(DatabaseUnavailable):
        await database.transact(lambda _: None)
    await database.transact(lambda _: None)
    assert await names(database) == ["a"]
