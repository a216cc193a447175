from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import aiosqlite
import pytest

from bot.storage.database.database import Database
from bot.storage.database.sqlite_driver import OneTripConnection, connect
from bot.storage.stores.stores import Stores
from tests.storage.samples import ROOM, said

pytestmark = pytest.mark.sqlite


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[OneTripConnection]:
    made = connect(str(tmp_path / "x.db"), isolation_level=None, check_same_thread=False)
    async with made:
        yield made


async def test_rows_and_counts_are_at_hand_once_executed(connection: OneTripConnection) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT)")
        await cursor.execute("INSERT INTO t (word) VALUES (?), (?)", ("a", "b"))
        assert (cursor.rowcount, cursor.lastrowid) == (2, 2)
        assert list(await cursor.fetchall()) == []
        await cursor.execute("SELECT id, word FROM t")
        assert list(await cursor.fetchall()) == [(1, "a"), (2, "b")]
        assert [column[0] for column in cursor.description] == ["id", "word"]
        await cursor.executemany("UPDATE t SET word = ?", [("c",), ("d",)])
        assert cursor.rowcount == 4


async def test_errors_come_through(connection: OneTripConnection) -> None:
    async with connection.cursor() as cursor:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            await cursor.execute("SELECT * FROM missing")
        await cursor.execute("SELECT 1")
        assert list(await cursor.fetchall()) == [(1,)]


async def test_a_closed_connection_makes_no_cursor(connection: OneTripConnection) -> None:
    await connection.close()
    with pytest.raises(ValueError, match="no active connection"):
        await connection.cursor().__aenter__()


async def test_a_statement_is_one_trip(database: Database) -> None:
    """With the commit; a whole transaction is one too; and a lookup none while it is known."""
    stores = Stores.over(database)
    await stores.rooms.bind(ROOM)
    trips = aiosqlite.Connection._execute
    with patch.object(aiosqlite.Connection, "_execute", autospec=True, side_effect=trips) as count:
        await stores.rooms.see(ROOM.id, 1)
        assert count.call_count == 2
        await stores.messages.add(said(1))
        assert count.call_count == 3
        for _ in range(2):
            await stores.rooms.get(ROOM.id)
            assert count.call_count == 4


async def test_a_transaction_begins_with_its_first_statement(
    connection: OneTripConnection,
) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE t (word TEXT)")
        begun: list[bool] = []
        for first in (cursor.execute, cursor.executemany):
            connection.begin_with_next("BEGIN IMMEDIATE")
            await connection.commit()  # of nothing
            await cursor.execute("SELECT 1")
            begun.append(connection.in_transaction)
            connection.begin_with_next("BEGIN IMMEDIATE")
            await first("INSERT INTO t VALUES (?)", ["a"])
            begun.append(connection.in_transaction)
            await connection.rollback()
        await cursor.execute("SELECT word FROM t")
        assert list(await cursor.fetchall()) == []
    assert begun == [False, True] * 2


async def test_what_cannot_begin_does_not_run_without_a_transaction(
    connection: OneTripConnection, tmp_path: Path
) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("CREATE TABLE t (word TEXT)")
        await cursor.execute("PRAGMA busy_timeout = 0")
        with closing(sqlite3.connect(tmp_path / "x.db", isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")
            connection.begin_with_next("BEGIN IMMEDIATE")
            for _ in range(2):
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    await cursor.execute("SELECT 1")
        await cursor.execute("INSERT INTO t VALUES ('a')")
        assert connection.in_transaction


async def test_closed_in_a_transaction_it_lets_go_of_the_file(tmp_path: Path) -> None:
    """Though a cursor lives on, as in the traceback of a task that was cancelled."""
    file = str(tmp_path / "x.db")
    first = await connect(file, isolation_level=None, check_same_thread=False)
    cursor = await first.cursor().__aenter__()
    await cursor.execute("BEGIN IMMEDIATE")
    cursor._cursor.execute("SELECT 1 UNION SELECT 2")  # with its rows yet to be fetched
    await first.close()
    second = await connect(file, isolation_level=None, check_same_thread=False, timeout=0)
    await second.execute("BEGIN IMMEDIATE")
    await second.close()
    assert cursor._cursor is not None
