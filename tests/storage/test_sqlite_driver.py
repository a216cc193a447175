from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

import aiosqlite
import pytest

from bot.storage.database import Database
from bot.storage.sqlite_driver import OneTripConnection, connect
from bot.storage.stores import Stores
from tests.storage.samples import ROOM, said


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
    """Begin, look, insert, commit; and one for a lookup."""
    stores = Stores.over(database)
    await stores.rooms.bind(ROOM)
    await stores.rooms.get(ROOM.id)
    trips = aiosqlite.Connection._execute
    with patch.object(aiosqlite.Connection, "_execute", autospec=True, side_effect=trips) as count:
        await stores.messages.add(said(1))
        assert count.call_count == 4
        await stores.rooms.get(ROOM.id)
        assert count.call_count == 5


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
