"""A database moves between SQLite and PostgreSQL with all that is in it, or not at all."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Boolean, Connection, Date, DateTime, Float, Integer, String, Table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeDecorator

from bot.domain import TurnState
from bot.errors import FourRoomsError, SettingError
from bot.storage import copying
from bot.storage.copying import TABLES, copy_database
from bot.storage.database.column_types import EnumValue, JsonObject
from bot.storage.database.database import Database
from bot.storage.database.process_lock import only_process
from bot.storage.database.shard_tables import shard_leases, shard_processes
from bot.storage.database.tables import metadata, turns
from bot.storage.database.upsert import insert_counted
from bot.storage.open_database import open_database
from bot.storage.stores.shard_leases import ShardLeaseStore, ShardProcess
from tests.storage.samples import NOON
from tests.test_cli import status_of

NAMES: Final = [table.name for table in TABLES]
ROWS: Final = 3
HIGHEST_EVER: Final = 40
"""The id of a turn that was there once."""
ENDED: Final = {"state": TurnState.SENT}
"""A room has one open turn at most."""


def value(column: Any, number: int) -> object:
    """Something for a column of a table's row with that number."""
    if column.nullable and number == ROWS:
        return None
    kind = column.type
    if isinstance(kind, EnumValue):
        return next(iter(kind.kind))
    if isinstance(kind, JsonObject):
        return {"number": number, "text": "💛"}
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, String):
        return f"{number} of 'them' 💛\n\\N"[: kind.length or 99]
    values = {
        Boolean: number % 2 == 0,
        DateTime: NOON + timedelta(microseconds=number),
        Date: NOON.date() + timedelta(days=number),
        Float: number / 3,
        Integer: number,
    }
    return next(value for of, value in values.items() if isinstance(kind, of))


async def fill(url: str) -> None:
    """Rows in every table, as many in each; some ids were given and are gone."""
    async with open_database(url) as database, database.write() as connection:
        for table in metadata.sorted_tables:
            rows = [
                {column.name: value(column, number) for column in table.columns}
                for number in range(1, ROWS + 1)
            ]
            await connection.execute(table.insert(), rows)
        gone = {column.name: value(column, 1) for column in turns.columns}
        gone |= {"id": HIGHEST_EVER, "number": 99, **ENDED}
        await connection.execute(turns.insert(), gone)
        await connection.execute(turns.delete().where(turns.c.id == HIGHEST_EVER))


async def rows_of(database: Database, table: Table) -> list[tuple[Any, ...]]:
    async with database.read() as connection:
        found = await connection.execute(table.select().order_by(*table.primary_key.columns))
        return [tuple(row) for row in found]


async def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    async with open_database(url) as database:
        return {table.name: await rows_of(database, table) for table in TABLES}


def another_turn(connection: Connection) -> int:
    row = {column.name: value(column, 1) for column in turns.columns if column.name != "id"}
    return insert_counted(connection, turns.insert(), {**row, "number": 98, **ENDED})


def shown(done: int, whole: int) -> None:
    assert 0 <= done <= whole == ROWS * len(TABLES)


async def test_all_rows_go_to_postgresql_and_back(
    file: Path, bare_postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "BATCH", 2)
    here, back = f"sqlite:///{file}", f"sqlite:///{tmp_path / 'back.db'}"
    await fill(here)
    before = await everything(here)
    for source, target in ((here, bare_postgres_url), (bare_postgres_url, back)):
        counts = await copy_database(source, target, shown)
        assert counts == dict.fromkeys(NAMES, ROWS)
        assert await everything(target) == before
    for url in (bare_postgres_url, back):
        async with open_database(url) as database:
            turn_id = await database.transact(another_turn)
            for table in (shard_leases, shard_processes):
                assert not await rows_of(database, table), "who serves what is not copied"
        assert turn_id == HIGHEST_EVER + 1, "an id was given twice"


async def test_a_bot_that_serves_on_postgresql_is_in_the_way_until_it_has_ended(
    file: Path, postgres_url: str, tmp_path: Path
) -> None:
    here, new = f"sqlite:///{file}", f"sqlite:///{tmp_path / 'new.db'}"
    me = ShardProcess("a" * 32, "den (7)")
    async with ShardLeaseStore.open(postgres_url, me) as leases:
        await leases.renew(shares=False)
        for source, target, says in ((here, postgres_url, "TO"), (postgres_url, new, "FROM")):
            with pytest.raises(SettingError) as caught:
                await copy_database(source, target, shown)
            assert f"{says}: the bot den (7) serves it." in caught.value.detail
        assert not (tmp_path / "new.db").exists()
        await leases.leave()
        await leases.take(lambda _: [0])
    rows = await copy_database(postgres_url, new, lambda _, __: None)
    assert [*rows] == NAMES


async def test_a_connection_that_cannot_be_closed_takes_nothing_of_the_copy_back(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = AsyncConnection.close

    async def gone(connection: AsyncConnection) -> None:
        await close(connection)
        raise ConnectionResetError

    def from_now_on(_: int, __: int) -> None:
        monkeypatch.setattr(AsyncConnection, "close", gone)

    new = f"sqlite:///{tmp_path / 'new.db'}"
    assert await copy_database(f"sqlite:///{file}", new, from_now_on)


async def test_broken_off_it_leaves_nothing_and_can_be_given_again(
    file: Path, postgres_url: str
) -> None:
    source, target = f"sqlite:///{file}", postgres_url
    await fill(source)

    def break_off(done: int, whole: int) -> None:
        if done > whole / 2:
            raise ConnectionResetError("gone")

    with pytest.raises(FourRoomsError) as caught:
        await copy_database(source, target, break_off)
    assert "nothing of it was kept" in caught.value.detail
    assert not any((await everything(target)).values())
    assert await copy_database(source, target, shown)


async def test_rows_that_do_not_arrive_undo_it(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = f"sqlite:///{file}", f"sqlite:///{tmp_path / 'new.db'}"
    await fill(source)
    count = copying._count
    asked: list[str] = []

    async def miscount(connection: Any, table: Table) -> int:
        asked.append(table.name)
        return await count(connection, table) + (asked.count(table.name) == 2)

    monkeypatch.setattr(copying, "_count", miscount)
    with pytest.raises(FourRoomsError, match="wrong") as caught:
        await copy_database(source, target, shown)
    assert "not all rows arrived in" in caught.value.detail
    assert not any((await everything(target)).values())


async def test_what_cannot_be_copied_is_told_in_a_sentence(
    file: Path, tmp_path: Path, postgres_url: str
) -> None:
    full, new = f"sqlite:///{file}", f"sqlite:///{tmp_path / 'new.db'}"
    await fill(full)
    other = tmp_path / "other.db"
    async with open_database(f"sqlite:///{other}") as database, database.write() as connection:
        await connection.exec_driver_sql("DROP TABLE alembic_version")
    refusals = [
        (full, full, "FROM and TO are the same"),
        ("nonsense", new, "FROM is not an address"),
        (full, "mysql://host/x", "TO: mysql is not supported"),
        (f"sqlite:///{tmp_path / 'none.db'}", new, "FROM: there is no database"),
        (f"sqlite:///{other}", new, "FROM: the database is at revision None"),
        (full, f"sqlite:///{other}", "TO: the database has tables of something else"),
        (new, full, "FROM: there is no database"),
        (postgres_url, full, "TO: the database is not empty: "),
        (full, postgres_url.replace("opensesame", "hunter2"), "TO: the database postgresql"),
    ]
    for source, target, says in refusals:
        with pytest.raises(SettingError) as caught:
            await copy_database(source, target, shown)
        assert says in caught.value.detail
        assert "hunter2" not in caught.value.detail
    with only_process(full), pytest.raises(SettingError) as caught:
        await copy_database(full, new, shown)
    assert "FROM: another bot" in caught.value.detail
    assert not (tmp_path / "new.db").exists()


def test_the_command_shows_how_far_it_is_and_says_what_is_next(
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    process_as_before: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert status_of(monkeypatch, "db", "copy", f"sqlite:///{file}", "sqlite:///a.db") == 0
    printed = capsys.readouterr()
    assert re.fullmatch(r"(Rows copied: 0 of 0\n)+", printed.err)
    assert f"0 rows in {len(TABLES)} tables are copied" in printed.out
    assert status_of(monkeypatch, "db", "copy", "sqlite:///a.db", "sqlite:///b.db", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)["rows"]) == {*NAMES}
    assert status_of(monkeypatch, "db", "copy", "nowhere", "sqlite:///c.db") == 2
    assert "FROM is not an address of a database" in capsys.readouterr().err
