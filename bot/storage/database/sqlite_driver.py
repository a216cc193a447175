"""aiosqlite with one trip to the connection's thread for a statement, where it makes four.

aiosqlite goes there and back to make a cursor, to execute, to fetch and to close. A trip costs
about as much as a whole small statement, and far more when the machine is busy: a turn makes
some twenty statements while a person waits. A transaction begins on its first statement's trip.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, TypeVar, cast

import aiosqlite
import structlog
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import SingletonThreadPool

log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")
_OWN: Final = threading.local()
"""In a connection's thread: its connection."""
_HOW_TO_BEGIN: Final = "how_to_begin"
_MOST_THREADS: Final = 64
"""Far more than there ever are, since the pool closes what is beyond."""


def thread_engine(*, begin: str | None = None) -> Engine:
    """Make an engine for whole transactions in the threads of connections.

    In each thread it serves that thread's connection alone; ``begin`` is how a transaction begins.
    """
    return create_engine(
        "sqlite+pysqlite://",
        creator=lambda: _OWN.connection,
        poolclass=SingletonThreadPool,
        pool_size=_MOST_THREADS,
        pool_reset_on_return=None,
        hide_parameters=True,
        # An engine that has anybody listen to it tells of each statement four times, to nobody.
        execution_options={_HOW_TO_BEGIN: begin},
    )


def connect(database: str, **options: Any) -> OneTripConnection:
    """Return a connection to await, as aiosqlite does; for SQLAlchemy's async_creator_fn."""
    opened = partial(sqlite3.connect, database, factory=UndoingConnection, **options)
    connection = OneTripConnection(opened, 64)
    connection._thread.daemon = True  # the interpreter's end must not wait for it
    return connection


class UndoingConnection(sqlite3.Connection):
    """A connection that lets go of the file when it is closed, whatever becomes of its cursors.

    While one of them lives on, in the traceback of a task that was cancelled, SQLite keeps a
    closed connection with its transaction, and nobody else could write.
    """

    is_durable = False
    """Whether the transaction under way has to outlive a power cut from its commit on."""

    def commit(self) -> None:
        """Commit; what `keep_durably` was said of is on the disk then, and not only on its way."""
        super().commit()
        if self.is_durable:
            self.is_durable = False
            try:
                self._sync_log()
            except (OSError, sqlite3.Error) as error:  # it is committed all the same
                log.warning("log not synced", kind=type(error).__name__)

    def _sync_log(self) -> None:
        """Bring the log to the disk, and with it all that was committed before.

        A checkpoint would sync nothing while somebody reads what is older. SQLite's own locks are
        on other files: closing this one takes none away.
        """
        (path,) = (file for _, name, file in self.execute("PRAGMA database_list") if name == "main")
        descriptor = os.open(f"{path}-wal", os.O_RDWR)  # Windows syncs none that is only read
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rollback(self) -> None:
        """Undo what is under way."""
        self.is_durable = False
        super().rollback()

    def close(self) -> None:
        """Undo what is under way, and close."""
        try:
            if self.in_transaction:
                self.rollback()
        finally:
            super().close()


class OneTripConnection(aiosqlite.Connection):
    """A connection whose cursors fetch all rows where they execute."""

    _stopped: asyncio.Future[Any] | None = None
    _to_begin: str | None = None
    """How the transaction begins that has no statement yet. Only the thread takes it back."""
    _kept: Connection | None = None
    """SQLAlchemy's, for transactions in the thread: made for each, it took a tenth of the time."""

    def begin_with_next(self, how: str) -> None:
        """Begin a transaction, as ``how`` says, together with the next statement."""
        self._to_begin = how

    async def transact(self, engine: Engine, work: Callable[[Connection], ResultT]) -> ResultT:
        """Do ``work`` in one trip: in a transaction, committed at its end, undone by an exception.

        ``engine`` is one of `thread_engine`. What ``work`` returns must not read any more.
        """
        done: ResultT = await self._execute(self._transact, engine, work)  # type: ignore[no-untyped-call]
        return done

    async def empty_log(self) -> bool:
        """Take the write-ahead log into the file and empty it; return whether that is done.

        Outside any transaction: one that was to begin with the next statement has not begun.
        """

        def checkpoint() -> bool:
            busy, _, _ = self._conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy

        done: bool = await self._execute(checkpoint)  # type: ignore[no-untyped-call]
        return done

    async def compact(self) -> None:
        """Write the file anew without its free pages, outside any transaction."""
        await self._execute(self._conn.execute, "VACUUM")  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        """Commit what has begun."""
        await self._end(UndoingConnection.commit)

    async def rollback(self) -> None:
        """Undo what has begun."""
        await self._end(UndoingConnection.rollback)

    def _transact(self, engine: Engine, work: Callable[[Connection], ResultT]) -> ResultT:
        _OWN.connection = self._conn
        if self._kept is None:
            self._kept = engine.connect()
        try:
            if (begin := engine.get_execution_options()[_HOW_TO_BEGIN]) is not None:
                self._conn.execute(begin)
            with self._kept.begin():
                return work(self._kept)
        finally:
            if self._conn.in_transaction:  # it could not be ended
                self._conn.rollback()
                self._kept = None

    async def _end(self, how: Callable[[UndoingConnection], None]) -> None:
        def end() -> None:
            self._to_begin = None
            how(cast("UndoingConnection", self._conn))

        await self._execute(end)  # type: ignore[no-untyped-call]

    def stop(self) -> asyncio.Future[Any] | None:
        """End the thread; what is returned is done once it has."""
        self._stopped = super().stop()
        return self._stopped

    async def _connect(self) -> OneTripConnection:
        try:
            await super()._connect()
        except BaseException:
            # The thread reports its end to the loop: an error here often ends the loop, too.
            if self._stopped is not None:
                await self._stopped
            raise
        return self

    def cursor(self) -> OneTripCursor:  # type: ignore[override]  # entered all the same
        """Return a cursor to enter."""
        return OneTripCursor(self)


class OneTripCursor(aiosqlite.Cursor):
    """A cursor for one statement at a time, its rows at hand as soon as it is executed."""

    _conn: OneTripConnection

    def __init__(self, connection: OneTripConnection) -> None:
        self._conn = connection
        self._rows: list[sqlite3.Row] = []

    async def __aenter__(self) -> OneTripCursor:
        """Make the cursor here: no file is touched. Raises ValueError if closed."""
        self._cursor = self._conn._conn.cursor()
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> OneTripCursor:
        """Execute and fetch in one trip."""
        values = tuple(parameters or ())
        self._rows = await self._execute(self._fetch, sql, values)  # type: ignore[no-untyped-call]
        return self

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> OneTripCursor:
        """Execute for each, in one trip."""
        await self._execute(self._repeat, sql, parameters)  # type: ignore[no-untyped-call]
        return self

    async def fetchall(self) -> Iterable[sqlite3.Row]:
        """Return the rows of the statement."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: with its last row fetched, the statement is at rest.

        If cancelled, the thread may be at work with the cursor still.
        """

    # ── in the connection's thread ──────────────────────────────────────────────────────────

    def _fetch(self, sql: str, parameters: tuple[Any, ...]) -> list[sqlite3.Row]:
        self._begin()
        self._cursor.execute(sql, parameters)
        return self._cursor.fetchall() if self._cursor.description else []

    def _repeat(self, sql: str, parameters: Iterable[Any]) -> None:
        self._begin()
        self._cursor.executemany(sql, parameters)

    def _begin(self) -> None:
        # Where it cannot begin, no later statement may run without a transaction either.
        if self._conn._to_begin is not None:
            self._cursor.execute(self._conn._to_begin)
            self._conn._to_begin = None


def keep_durably(connection: Connection) -> None:
    """Have the transaction under way outlive a power cut, once it is committed.

    For what people rely on from the moment in which they are told: pauses, acts, settings, choices.
    Elsewhere recovery makes up for the last moments, and a disk sync a step would cost more.
    """
    driver = connection.connection.driver_connection
    raw = driver._conn if isinstance(driver, OneTripConnection) else driver
    if isinstance(raw, UndoingConnection):
        raw.is_durable = True
