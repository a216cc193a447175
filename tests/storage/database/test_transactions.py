"""A whole transaction in one trip: complete or undone, whatever becomes of whoever asked."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import AsyncExitStack, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database.database import READERS, Database
from bot.storage.database.sqlite_driver import UndoingConnection
from bot.storage.database.tables import key_value
from bot.storage.database.troubles import DatabaseUnavailable
from tests.storage.samples import NOON

PUT = insert(key_value)
SHORT_WAIT = text("PRAGMA busy_timeout = 10")
NAMES = select(key_value.c.name).order_by(key_value.c.name)


def put(name: str) -> dict[str, object]:
    return {"name": name, "value": "x", "changed_at": NOON}


def put_two(connection: Connection) -> int:
    connection.execute(PUT, put("a"))
    return connection.execute(PUT, put("b")).rowcount


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(NAMES))


def fail(connection: Connection) -> None:
    connection.execute(PUT, put("gone"))
    raise LookupError("not this time")


def refuse(_: object) -> None:
    raise sqlite3.OperationalError("disk I/O error")


async def test_it_is_committed_whole_and_gives_back_what_the_work_returns(
    database: Database,
) -> None:
    assert await database.transact(put_two) == 1
    assert await database.fetch(names) == ["a", "b"]


async def test_one_connection_serves_all_after_a_transaction_that_could_not_be_ended_another(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = [await database.transact(lambda connection: connection) for _ in range(2)]
    with monkeypatch.context() as broken:
        broken.setattr(UndoingConnection, "commit", refuse)
        broken.setattr(UndoingConnection, "rollback", lambda _: None)
        with pytest.raises(DatabaseUnavailable):
            await database.transact(put_two)
    used.append(await database.transact(lambda connection: connection))
    assert used[0] is used[1] is not used[2]
    assert await database.fetch(names) == []


@pytest.mark.postgres
async def test_an_error_undoes_it_and_leaves_the_connection_free(database: Database) -> None:
    with pytest.raises(LookupError, match="not this time"):
        await database.transact(fail)
    assert await database.transact(put_two) == 1
    assert await database.fetch(names) == ["a", "b"]


@pytest.mark.sqlite
async def test_the_next_one_finds_its_connection_as_the_last_one_left_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Out of the pool and back took a fifth of a trip."""
    await database.transact(put_two)
    await database.fetch(names)
    monkeypatch.setattr(AsyncEngine, "connect", refuse)
    await database.transact(lambda _: None)
    assert await database.fetch(names) == ["a", "b"]


@pytest.mark.sqlite
async def test_nobody_is_told_of_its_statements(database: Database) -> None:
    """With one who listens to its beginning all are told of: a third of its function calls."""

    def hears(connection: Connection) -> bool:
        return bool(connection._has_events or connection.engine._has_events)

    assert not await database.transact(hears)
    assert not await database.fetch(hears)


@pytest.mark.sqlite
async def test_connections_at_rest_are_there_for_reading_in_steps(database: Database) -> None:
    await asyncio.gather(*(database.fetch(names) for _ in range(READERS)))
    async with AsyncExitStack() as stack, asyncio.timeout(5):
        for _ in range(READERS):
            reader = await stack.enter_async_context(database.read())
            assert list(await reader.scalars(NAMES)) == []


@pytest.mark.sqlite
async def test_none_at_rest_outlasts_the_database(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    opened: list[sqlite3.Connection] = []

    def see(connection: Connection) -> None:
        opened.append(connection.connection.dbapi_connection)  # type: ignore[arg-type]

    database = await Database.open(f"sqlite:///{file}")
    await asyncio.gather(*(database.fetch(see) for _ in range(READERS)), database.transact(see))
    await database.close()
    assert len(opened) == READERS + 1
    for connection in opened:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.total_changes  # noqa: B018 - which a closed one does not tell
    assert not caplog.records, "of connections that are closed in use"


@pytest.mark.sqlite
async def test_a_refusal_of_the_database_is_its_own_and_undone(database: Database) -> None:
    def break_off(connection: Connection) -> None:
        connection.execute(PUT, put("gone"))
        connection.execute(text("SELECT * FROM no_such_table"))

    with pytest.raises(DatabaseUnavailable) as caught:
        await database.transact(break_off)
    assert "no_such_table" in caught.value.detail
    assert await database.fetch(names) == []


@pytest.mark.sqlite
async def test_a_database_that_is_locked_by_another_process_is_unavailable(
    database: Database, file: Path
) -> None:
    await database.transact(lambda connection: connection.execute(SHORT_WAIT) and None)
    with closing(sqlite3.connect(file, isolation_level=None)) as another_process:
        another_process.execute("BEGIN IMMEDIATE")
        database.write_soon(PUT, put("soon"))
        with pytest.raises(DatabaseUnavailable) as caught:
            await database.transact(put_two)
    assert "locked" in caught.value.detail
    await database.transact(put_two)
    assert await database.fetch(names) == ["a", "b", "soon"]


@pytest.mark.postgres
async def test_reading_cannot_write(database: Database) -> None:
    with pytest.raises(DatabaseUnavailable) as caught:
        await database.fetch(put_two)
    assert "readonly" in caught.value.detail.lower()


@pytest.mark.sqlite
async def test_whoever_is_cancelled_leaves_it_complete(database: Database) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(connection: Connection) -> None:
        put_two(connection)
        begun.set()
        go_on.wait(10)

    task = asyncio.create_task(database.transact(wait))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.fetch(names) == ["a", "b"]


@pytest.mark.postgres
async def test_rows_for_soon_go_along_and_outlast_an_error_of_the_work(database: Database) -> None:
    database.write_soon(PUT, put("soon"))
    with pytest.raises(LookupError):
        await database.transact(fail)
    await database.transact(put_two)
    assert await database.fetch(names) == ["a", "b", "soon"]


@pytest.mark.postgres
async def test_transactions_of_both_kinds_take_turns(database: Database) -> None:
    async def in_steps(name: str) -> None:
        async with database.write() as connection:
            await connection.execute(PUT, put(name))

    both = [in_steps("c"), database.transact(put_two), in_steps("d")]
    await asyncio.gather(*both)
    assert await database.fetch(names) == ["a", "b", "c", "d"]
