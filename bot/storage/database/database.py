"""The database: one connection that writes, a few that read, and every wait bounded.

Whoever uses `Database.write` or `Database.read` may be cancelled at any moment: a transaction is
then either undone or complete, and its connection free for the next.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, Final, Self

import structlog
from sqlalchemy import Insert, event, exc, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import FourRoomsError
from bot.storage.database.connections import (
    cannot_open,
    make_folder,
    parse_url,
    reading_engine,
    writing_engine,
)
from bot.storage.database.sqlite_driver import OneTripConnection

log = structlog.get_logger(__name__)

READERS: Final = 4
"""Reading at once: more would only take turns at the interpreter's lock."""
WAIT_SECONDS: Final = 10.0
"""What a task waits for a connection; a transaction takes about a millisecond."""
SOON_SECONDS: Final = 0.2
"""How long a row of `Database.write_soon` waits for a transaction that takes it along."""
LAST_SECONDS: Final = 5.0
"""What transactions under way get to end when the database is closed."""


class DatabaseUnavailable(FourRoomsError):
    """The error of a database that did not serve, or is closed: worth another try later."""


class Database:
    """The way to the tables, for the stores."""

    def __init__(self, writing: _Lane, reading: _Lane) -> None:
        self._writing = writing
        self._reading = reading
        self._flush_later: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, url: str) -> Self:
        """Open the database at ``url``, which `migrate` has brought up to date.

        Raises SettingError naming DATABASE_URL if it cannot be opened.
        """
        parsed = parse_url(url)
        with cannot_open(parsed):
            make_folder(parsed)
        database = cls(
            _Lane(writing_engine(parsed), 1, writes=True),
            _Lane(reading_engine(parsed, READERS), READERS, writes=False),
        )
        try:
            with cannot_open(parsed):
                await database.ping()
        except BaseException:
            await database.close()
            raise
        return database

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a transaction that writes: committed at the end, undone by an exception.

        One at a time; keep it short, and wait for nothing but the database inside. Raises
        DatabaseUnavailable.
        """
        return self._writing.use()

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Take a connection to read from; each statement sees what is committed by then.

        Raises DatabaseUnavailable.
        """
        return self._reading.use()

    def write_soon(self, insert: Insert, row: Mapping[str, Any]) -> None:
        """Write a row that nobody waits for: with the next transaction, or within moments.

        What follows from the row is therefore never kept without it. `flush` before reading it.
        """
        self._writing.soon.append((insert, row))
        if self._flush_later is None:
            loop = asyncio.get_running_loop()
            self._flush_later = loop.call_later(SOON_SECONDS, self._flush_by_itself)

    async def flush(self) -> None:
        """Return once what `write_soon` was given is written. Raises DatabaseUnavailable."""
        if self._writing.soon:
            async with self.write():
                """The rows are taken along at its end."""

    async def empty_log(self) -> bool:
        """Have the write-ahead log taken into the database file and emptied, on SQLite.

        Until then it holds what was overwritten. Return whether it is empty: somebody who reads
        for long can be in the way. Raises DatabaseUnavailable.
        """
        async with self.write() as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            if not isinstance(driver, OneTripConnection):
                return True
            return await driver.empty_log()

    async def compact(self) -> bool:
        """Write the file anew without its free pages, on SQLite; return whether that was possible.

        Pages that were freed before the bot overwrote what it deletes may hold old words.
        """
        try:
            async with self.write() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                if isinstance(driver, OneTripConnection):
                    await driver.compact()
        except DatabaseUnavailable:
            return False
        return await self.empty_log()

    async def ping(self) -> None:
        """Ask the database for a sign of life. Raises DatabaseUnavailable."""
        async with self.read() as connection:
            await connection.execute(text("SELECT 1"))
        async with self.write() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        """End what is under way, within seconds, and close every connection; repeatable."""
        if self._flush_later is not None:
            self._flush_later.cancel()
        try:
            await self._flush_quietly()
            await self._writing.close()
        finally:
            await self._reading.close()

    def _flush_by_itself(self) -> None:
        self._flush_later = None
        self._flushing = asyncio.create_task(self._flush_quietly(), name="flush")

    async def _flush_quietly(self) -> None:
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self.flush()
        except Exception:  # a task's edge: the next transaction takes along what it can
            log.exception("rows not written", rows=len(self._writing.soon))


class _Lane:
    """The connections of one engine, each with one user at a time, in the order of asking."""

    def __init__(self, engine: AsyncEngine, size: int, *, writes: bool) -> None:
        self._engine = engine
        self._size = size
        self._writes = writes
        self._free = asyncio.Semaphore(size)
        self._closed = False
        self._leaving: set[asyncio.Task[None]] = set()
        self.soon: list[tuple[Insert, Mapping[str, Any]]] = []
        """Rows that the next transaction takes along."""
        self._open: set[Any] = set()  # the driver's connections
        event.listen(engine.sync_engine, "connect", lambda driver, _: self._open.add(driver))
        event.listen(engine.sync_engine, "close", lambda driver, _: self._open.discard(driver))

    @asynccontextmanager
    async def use(self) -> AsyncIterator[AsyncConnection]:
        """Take a connection; where the lane writes, in a transaction."""
        await self._take_place()
        connection = self._engine.connect()
        with _in_our_words():
            try:
                await connection.start()
                if self._writes:
                    await connection.begin()
                yield connection
            except BaseException:
                await self._leave(connection, commit=False)
                raise
            await self._leave(connection, commit=True)

    async def close(self) -> None:
        """Serve nobody any more, and close every connection, in use or not."""
        if self._closed:
            return
        self._closed = True
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_SECONDS):
                    for _ in range(self._size):
                        await self._free.acquire()
        finally:
            await self._see_through(self._shut())

    async def _shut(self) -> None:
        await self._engine.dispose()
        for connection in list(self._open):
            log.warning("connection closed in use", writes=self._writes)
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LAST_SECONDS):
                        await connection.driver_connection.close()
            finally:
                connection.terminate()

    async def _take_place(self) -> None:
        self._refuse_if_closed()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseUnavailable(f"no connection was free for {WAIT_SECONDS:g} s") from None
        try:
            self._refuse_if_closed()
        except DatabaseUnavailable:
            self._free.release()
            raise

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise DatabaseUnavailable("the database is closed")

    async def _leave(self, connection: AsyncConnection, *, commit: bool) -> None:
        """End the transaction, if there is one, and free the connection."""
        freeing = self._free_connection(connection, commit=commit)
        # A reader's returns to the pool without a wait: there is nothing to cancel.
        await (self._see_through(freeing) if self._writes else freeing)

    async def _free_connection(self, connection: AsyncConnection, *, commit: bool) -> None:
        try:
            if connection.sync_connection is not None:
                if self._writes:
                    await self._end(connection, commit=commit)
                await connection.close()
        finally:
            self._free.release()

    async def _end(self, connection: AsyncConnection, *, commit: bool) -> None:
        """Commit or undo; a connection that can do neither is replaced by a fresh one."""
        try:
            if commit:
                await self._commit(connection)
            else:
                await connection.rollback()
        except BaseException:
            # With its transaction left open, nobody could ever write again.
            await connection.invalidate()
            await connection.close()
            raise

    async def _commit(self, connection: AsyncConnection) -> None:
        """Commit, with the rows that were to be written soon."""
        rows, self.soon = self.soon, []
        try:
            for insert, row in rows:
                await connection.execute(insert, row)
            await connection.commit()
        except (exc.OperationalError, exc.InterfaceError):
            self.soon = [*rows, *self.soon]  # unlike a row that is wrong: it would never be taken
            raise

    async def _see_through(self, work: Coroutine[Any, Any, None]) -> None:
        """Await ``work`` to its end, even if cancelled; cancelled again, it ends by itself."""
        task = asyncio.create_task(work)
        self._leaving.add(task)  # the loop itself would not keep it
        task.add_done_callback(self._leaving.discard)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Turn the database's own troubles (locked, disk full, gone) into DatabaseUnavailable."""
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError) as error:
        raise DatabaseUnavailable(f"database: {_reason(error)}") from error
    except exc.TimeoutError as error:
        raise DatabaseUnavailable("database: no connection") from error


def _reason(error: exc.DBAPIError) -> str:
    """Return what SQLite says, which holds no values; of another driver the kind of its error."""
    said = error.orig
    return str(said) if isinstance(said, sqlite3.Error) else type(said).__name__
