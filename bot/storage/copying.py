"""A whole database taken to another address: SQLite to PostgreSQL, back, or to one of its own kind.

What is read is of one moment, and what is written is one transaction: broken off at any point, the
target is as empty as before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from sqlalchemy import Column, MetaData, String, Table, Text, bindparam, func, select, text, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from bot.errors import FourRoomsError, SettingError
from bot.storage.database.column_types import EnumValue, JsonObject
from bot.storage.database.connections import cannot_open, parse_url, writing_engine
from bot.storage.database.process_lock import only_process
from bot.storage.database.shard_tables import shard_leases, shard_processes
from bot.storage.database.tables import metadata
from bot.storage.migrations import HEAD, migrate, revision_of, table_names

log = structlog.get_logger(__name__)

BATCH: Final = 1000
"""Rows in memory at a time."""

TABLES: Final = [
    table for table in metadata.sorted_tables if table not in (shard_leases, shard_processes)
]
"""What is copied, what is referred to before what refers: all but who serves which shard."""

_SERVING: Final = text("SELECT min(name) FROM shard_processes WHERE ends_at > clock_timestamp()")

ShowCopied = Callable[[int, int], None]
"""Told how many rows are copied, and of how many."""


async def copy_database(source: str, target: str, show: ShowCopied) -> dict[str, int]:
    """Copy all rows from one address to another, and return how many each table has.

    The tables of ``target`` are made; who serves which shard is not copied. Raises SettingError
    where an address is wrong, a bot serves one of them (by SQLite's lock on this machine, by what
    it says of itself in PostgreSQL), the source is of another schema or the target is not empty;
    FourRoomsError where it breaks off: then nothing is kept.
    """
    _require_two(source, target)
    async with AsyncExitStack() as stack:
        with _called("FROM"):
            _require_there(source)
            stack.enter_context(only_process(source))
            reading = await stack.enter_async_context(_connected(source))
            await _require_newest(reading)
            await _require_unserved(reading)
        with _called("TO"):
            stack.enter_context(only_process(target))
            await _require_ours(target)
            await migrate(target)
            writing = await stack.enter_async_context(_connected(target))
            await _require_unserved(writing)
            await _require_empty(writing)
        try:
            copied = await _copy_all(reading, writing, show)
            await writing.commit()
        except (OSError, DBAPIError) as error:
            raise FourRoomsError(
                f"The copy broke off, and nothing of it was kept ({_kind(error)}). Mend that, and "
                "give the same command again: it begins anew."
            ) from error
    return copied


async def _copy_all(
    reading: AsyncConnection, writing: AsyncConnection, show: ShowCopied
) -> dict[str, int]:
    counted = {table.name: await _count(reading, table) for table in TABLES}
    whole, done = sum(counted.values()), 0
    show(done, whole)
    for table in TABLES:
        plain = _plain(table)
        async for rows in _batches(reading, plain):
            await writing.execute(plain.insert(), rows)
            done += len(rows)
            show(done, whole)
        if (ids := table.autoincrement_column) is not None:
            await _go_on_counting(writing, ids, await _highest_given(reading, ids))
    there = {table.name: await _count(writing, table) for table in TABLES}
    wrong = [name for name, count in counted.items() if there[name] != count]
    if wrong:
        raise FourRoomsError(
            f"The copy was undone: not all rows arrived in {', '.join(wrong)}. Give the command "
            "again while nothing else uses these databases."
        )
    await writing.execute(text("ANALYZE"))
    return counted


async def _batches(connection: AsyncConnection, table: Table) -> AsyncIterator[list[Any]]:
    """Yield all rows in the order of the table's key, so many at a time."""
    key = list(table.primary_key.columns)
    first = select(table).order_by(*key).limit(BATCH)
    last = [bindparam(f"last_{column.name}", type_=column.type) for column in key]
    further = first.where(tuple_(*key) > tuple_(*last))
    rows = (await connection.execute(first)).mappings().all()
    while rows:
        yield [dict(row) for row in rows]
        came_to = {f"last_{column.name}": rows[-1][column.name] for column in key}
        rows = (await connection.execute(further, came_to)).mappings().all()


def _plain(table: Table) -> Table:
    """Return the table with texts where the bot reads values: what it holds is taken as it is."""
    columns: list[Column[Any]] = [
        Column(column.name, _plain_type(column.type), primary_key=column.primary_key)
        for column in table.columns
    ]
    return Table(table.name, MetaData(), *columns)


def _plain_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, EnumValue):
        return String()
    return Text() if isinstance(kind, JsonObject) else kind


async def _count(connection: AsyncConnection, table: Table) -> int:
    return await connection.scalar(select(func.count()).select_from(table)) or 0


# ── ids, of which none may be given twice, even if its row is gone ──────────────────────────────


async def _highest_given(connection: AsyncConnection, ids: Column[Any]) -> int:
    there = await connection.scalar(select(func.max(ids))) or 0
    if connection.dialect.name == "sqlite":
        given = text("SELECT max(seq) FROM sqlite_sequence WHERE name = :name")
        return max(await connection.scalar(given, {"name": ids.table.name}) or 0, there)
    sequence = await _sequence(connection, ids)
    given = text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}")  # noqa: S608
    return max(await connection.scalar(given) or 0, there)


async def _go_on_counting(connection: AsyncConnection, ids: Column[Any], highest: int) -> None:
    if not highest:
        return
    if connection.dialect.name == "sqlite":
        values = {"name": ids.table.name, "seq": highest}
        await connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
        await connection.execute(text("INSERT INTO sqlite_sequence VALUES (:name, :seq)"), values)
    else:
        await connection.scalar(select(func.setval(await _sequence(connection, ids), highest)))


async def _sequence(connection: AsyncConnection, ids: Column[Any]) -> str:
    named = select(func.pg_get_serial_sequence(ids.table.name, ids.name))
    return str(await connection.scalar(named))


# ── the two databases ───────────────────────────────────────────────────────────────────────────


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[AsyncConnection]:
    """Connect with one transaction, which sees one moment; undone unless it is committed.

    What takes long is not given up, and what is committed stays so, however closing ends.
    """
    parsed = parse_url(url)
    engine = writing_engine(parsed, bounded=False)
    if parsed.get_backend_name() == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    try:
        with cannot_open(parsed):
            connection = await engine.connect()
        try:
            with cannot_open(parsed):
                await connection.execute(text("SELECT 1"))
            yield connection
        finally:
            with _closing_quietly():
                await connection.close()
    finally:
        with _closing_quietly():
            await engine.dispose()


@contextmanager
def _closing_quietly() -> Iterator[None]:
    """Tell only the log of a connection that cannot be closed: it says nothing of the copy."""
    try:
        yield
    except (OSError, DBAPIError) as error:
        log.warning("connection not closed", error=_kind(error))


def _require_two(source: str, target: str) -> None:
    with _called("FROM"):
        parsed = parse_url(source)
    with _called("TO"):
        same = parse_url(target) == parsed
    if same:
        raise SettingError("FROM and TO are the same database. Name a new one.")


def _require_there(url: str) -> None:
    """Raise SettingError where the source is a file that is not there: a look makes none."""
    if _is_no_file_yet(url):
        raise SettingError(f"DATABASE_URL: there is no database {parse_url(url).database}.")


def _is_no_file_yet(url: str) -> bool:
    parsed = parse_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file()


async def _require_newest(connection: AsyncConnection) -> None:
    revision = await connection.run_sync(revision_of)
    if revision != HEAD:
        raise SettingError(
            f"DATABASE_URL: the database is at revision {revision} and this version is for {HEAD}. "
            "`python -m bot db upgrade` brings an older one up to date."
        )


async def _require_ours(url: str) -> None:
    """Raise SettingError where there are tables already that are not the bot's."""
    if _is_no_file_yet(url):
        return
    async with _connected(url) as connection:
        if await connection.run_sync(table_names) and not await connection.run_sync(revision_of):
            raise SettingError("DATABASE_URL: the database has tables of something else.")


async def _require_unserved(connection: AsyncConnection) -> None:
    """Raise SettingError where a process says that it is alive, by the database's clock."""
    if connection.dialect.name != "postgresql":
        return
    if (name := await connection.scalar(_SERVING)) is not None:
        raise SettingError(
            f"DATABASE_URL: the bot {name} serves it. Stop every bot on it first; one that did not "
            "end by itself counts as serving for 20 s."
        )


async def _require_empty(connection: AsyncConnection) -> None:
    for table in TABLES:
        if await connection.scalar(select(select(table).exists())):
            raise SettingError(
                f"DATABASE_URL: the database is not empty: {table.name} has rows. Name a new one: "
                "nothing is overwritten."
            )


@contextmanager
def _called(name: str) -> Iterator[None]:
    """Name the argument in errors that name the setting."""
    try:
        yield
    except SettingError as error:
        raise SettingError(error.detail.replace("DATABASE_URL", name)) from error


def _kind(error: OSError | DBAPIError) -> str:
    """Return what kind of error it is; its words may hold what people wrote."""
    said = error.orig if isinstance(error, DBAPIError) else error
    return type(said if said is None or said.__cause__ is None else said.__cause__).__name__
