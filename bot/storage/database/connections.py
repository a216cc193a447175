"""Connections that behave alike, whichever database ``DATABASE_URL`` names."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiosqlite
from sqlalchemy import URL, Connection, Engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import FourRoomsError, SettingError
from bot.private_files import close_to_others, make_private_file, make_private_folder
from bot.storage.database import postgres_driver, sqlite_driver

DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}
"""Ways to write the database's kind, each with the driver that serves it."""

BUSY_MILLISECONDS: Final = 5000
"""How long SQLite waits for another process (a backup, an export) that is writing."""

_TURN_SECONDS: Final = 0.02
"""Between two tries where SQLite does not wait by itself."""

_BEGIN: Final = "BEGIN IMMEDIATE"

_HINTS: Final = {
    "sqlite": "Check the path, and that it may be read and written.",
    "postgresql": "Check the address, the name and the password, and that the server runs.",
}

MOST_IN_TURN: Final = 16
"""Connections of a process that wait for Discord's next session to begin, one a bucket."""

PRAGMAS: Final = {
    "busy_timeout": str(BUSY_MILLISECONDS),
    "journal_mode": "WAL",
    # Nothing committed is lost when the process crashes. When the machine does, the last moments
    # may be: recovery looks into the channel's history, which costs less than a disk sync a step.
    # What people were told of is synced all the same: see `keep_durably`.
    "synchronous": "NORMAL",
    "foreign_keys": "ON",
    # What is deleted is overwritten, so that no free page keeps it.
    "secure_delete": "ON",
}


def parse_url(text: str) -> URL:
    """Return the address with its asynchronous driver, its password where no log shows it.

    Raises SettingError naming DATABASE_URL.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError) as error:
        raise SettingError(
            "DATABASE_URL is not an address of a database. Write it like "
            "sqlite:///data/four-rooms.db or postgresql://name:password@host/database."
        ) from error
    driver = DRIVERS.get(url.drivername)
    if driver is None:
        raise SettingError(
            f"DATABASE_URL: {url.drivername} is not supported. It has to begin with "
            "sqlite:/// or postgresql://."
        )
    if driver.startswith("sqlite") and (url.database or ":memory:") == ":memory:":
        raise SettingError(
            "DATABASE_URL names no file, and what is kept in memory only is lost at a restart. "
            "Write it like sqlite:///data/four-rooms.db."
        )
    if driver.startswith("postgresql"):
        url = _with_password_in_its_place(url)
    return url.set(drivername=driver)


def _with_password_in_its_place(url: URL) -> URL:
    """Take what stands as a parameter as the password, as `psql` does."""
    if "sslpassword" in url.query:
        raise SettingError(
            "DATABASE_URL: sslpassword would be shown with the address. Leave it out, and let "
            "sslkey lead to a key without a password that only the bot's user may read."
        )
    if "password" not in url.query:
        return url
    given = url.query["password"]
    last = given if isinstance(given, str) else given[-1]
    return url.difference_update_query(["password"]).set(password=last)


def redacted_url(url: URL) -> str:
    """Return the address as it may be logged: without its password."""
    return url.render_as_string(hide_password=True)


@contextmanager
def cannot_open(url: URL) -> Iterator[None]:
    """Turn what goes wrong inside into a SettingError that names DATABASE_URL."""
    try:
        yield
    except SettingError:
        raise
    except (OSError, DBAPIError, FourRoomsError) as error:
        raise SettingError(
            f"DATABASE_URL: the database {redacted_url(url)} cannot be opened ({_why(error)}). "
            f"{_HINTS[url.get_backend_name()]}"
        ) from error


def _why(error: BaseException) -> str:
    """Return what SQLite, asyncpg or the system says of a connection: it holds no rows."""
    cause = error.__cause__
    if isinstance(error, FourRoomsError):
        return _why(cause) if isinstance(cause, OSError | DBAPIError) else error.detail
    if isinstance(error, DBAPIError) and error.orig is not None:
        said = error.orig
        return _why(said if isinstance(said, sqlite3.Error) else said.__cause__ or said)
    return str(error) or type(error).__name__


def make_folder(url: URL) -> None:
    """Make the folder of a database file, for its owner alone. Raises OSError."""
    if url.get_backend_name() == "sqlite" and url.database:
        make_private_folder(Path(url.database).parent)


def make_private(url: URL) -> None:
    """Make a database file and its folder for their owner alone, and take an old one from others.

    SQLite gives the files that it puts beside a new one the same rights. Raises OSError.
    """
    make_folder(url)
    if url.get_backend_name() == "sqlite" and url.database:
        make_private_file(Path(url.database))
        for ending in ("-wal", "-shm"):
            close_to_others(Path(f"{url.database}{ending}"))


def writing_engine(url: URL, *, bounded: bool = True) -> AsyncEngine:
    """Make one connection, whose transactions take the right to write with their first statement.

    ``bounded`` is False for what takes its time: a whole database that is copied.

    A SQLite transaction that reads first and then writes fails at once if another process wrote
    in between; and two connections that write to one file have corrupted it in SQLite before
    3.51.3.
    """
    engine = _engine(url, PRAGMAS, bounded=bounded, pool_size=1)
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "begin", _begin_to_write)
    return engine


def compacting_engine(url: URL) -> AsyncEngine:
    """Make a connection for what writes all anew, each statement by itself, however long."""
    return _engine(url, PRAGMAS, bounded=False, pool_size=1, isolation_level="AUTOCOMMIT")


def reading_engine(url: URL, size: int) -> AsyncEngine:
    """Make at most ``size`` connections that cannot write, with each statement by itself."""
    pragmas = {**PRAGMAS, "query_only": "ON"}
    return _engine(
        url,
        pragmas,
        reads_only=True,
        pool_size=size,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )


def transacting_engine(url: URL, *, writes: bool) -> Engine | None:
    """Make the engine for whole transactions in a connection's thread; None where there is none."""
    if url.get_backend_name() != "sqlite":
        return None
    return sqlite_driver.thread_engine(begin=_BEGIN if writes else None)


def leasing_engine(url: URL) -> AsyncEngine:
    """Make connections for leases, which wait for nothing that the rooms write.

    Raises SettingError where the database is not PostgreSQL, which alone is for several processes.
    """
    if url.get_backend_name() != "postgresql":
        raise SettingError(
            "SHARDS: processes share shards out by way of PostgreSQL alone. Set DATABASE_URL to "
            "one, or leave SHARDS empty."
        )
    waits = postgres_driver.TURN_SECONDS
    return _engine(url, {}, statement_seconds=waits, pool_size=2, max_overflow=MOST_IN_TURN)


def migrating_engine(url: URL) -> AsyncEngine:
    """Make a connection under which tables may be rebuilt; check their foreign keys afterwards.

    The right to write is taken before Alembic looks at anything.
    """
    engine = _engine(url, {**PRAGMAS, "foreign_keys": "OFF"}, bounded=False, pool_size=1)
    if url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "begin", _begin_at_once)
    else:
        postgres_driver.one_migrates(engine.sync_engine)
    return engine


def _engine(
    url: URL,
    pragmas: Mapping[str, str],
    *,
    reads_only: bool = False,
    bounded: bool = True,
    statement_seconds: float | None = None,
    **options: Any,
) -> AsyncEngine:
    """Make an engine whose errors never show what people wrote.

    Connections are not reset when they return: `Database` ends every transaction itself.
    Raises SettingError if the driver is not installed.
    """
    sqlite = url.get_backend_name() == "sqlite"
    connect: Any = sqlite_driver.connect
    if not sqlite:
        most = statement_seconds or postgres_driver.STATEMENT_SECONDS
        seconds = most if bounded else None
        connect = postgres_driver.connector(url, reads_only=reads_only, seconds=seconds)
    try:
        engine = create_async_engine(
            url if sqlite else url.set(query={}),
            pool_reset_on_return=None,
            hide_parameters=True,
            connect_args={"async_creator_fn": connect},
            **{"max_overflow": 0, **options},
        )
    except ModuleNotFoundError as error:
        raise SettingError(
            f"DATABASE_URL: {url.get_backend_name()} needs the package {error.name}. "
            'Install it with: pip install "four-rooms[postgres]"; in a clone with ".[postgres]".'
        ) from error
    if sqlite:
        _prepare_each(engine, pragmas)
    else:
        postgres_driver.never_hand_out_closed(engine.sync_engine)
    return engine


def _prepare_each(engine: AsyncEngine, pragmas: Mapping[str, str]) -> None:
    script = "".join(f"PRAGMA {name}={value};" for name, value in pragmas.items())

    def prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # BEGIN is said by us, never guessed
        connection.run_async(partial(_prepare, script=script))

    event.listen(engine.sync_engine, "connect", prepare)


async def _prepare(driver: aiosqlite.Connection, script: str) -> None:
    """Set a new connection up.

    Where several open a new file at once, SQLite does not let them wait for their turn at making
    it one with a write-ahead log: it refuses all but one at once.
    """
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            await driver.executescript(script)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            await asyncio.sleep(_TURN_SECONDS)
        else:
            return


def _begin_to_write(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite_driver.OneTripConnection):
        driver.begin_with_next(_BEGIN)


def _begin_at_once(connection: Connection) -> None:
    connection.exec_driver_sql(_BEGIN)
