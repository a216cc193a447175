"""The connections of one engine, shared out one user each, with every wait bounded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection, Delete, Engine, Insert, Update, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.database.sqlite_driver import OneTripConnection
from bot.storage.database.troubles import DatabaseUnavailable, in_our_words, is_passing

log = structlog.get_logger(__name__)

WAIT_SECONDS: Final = 10.0
"""What a task waits for a connection; a transaction takes about a millisecond."""
LAST_SECONDS: Final = 5.0
"""What transactions under way get to end when the database is closed."""

ResultT = TypeVar("ResultT")
Change = Insert | Update | Delete
ObserveUse = Callable[[bool, float], None]
"""Told of each use of a connection: whether it wrote, and its seconds with the wait for it."""
SoonRow = tuple[Change, Mapping[str, Any]]
"""A statement that nobody waits for, and what it is given."""


class Lane:
    """The connections of one engine, each with one user at a time, in the order of asking."""

    def __init__(
        self,
        engine: AsyncEngine,
        size: int,
        *,
        writes: bool,
        in_thread: Engine | None = None,
    ) -> None:
        """Take the engine; ``in_thread`` does whole transactions in a connection's thread."""
        self._engine = engine
        self._in_thread = in_thread
        self._size = size
        self._writes = writes
        self._free = asyncio.Semaphore(size)
        self._closed = False
        self._leaving: set[asyncio.Task[Any]] = set()
        self.observe: ObserveUse | None = None
        self.soon: list[SoonRow] = []
        """Rows that the next transaction takes along."""
        self.taken = 0
        """Transactions under way that have taken some along, and may yet give them back."""
        self._kept: list[tuple[AsyncConnection, OneTripConnection]] = []
        """Connections at rest for whole transactions: taking each anew was a fifth of the trip."""
        self._open: set[Any] = set()  # the driver's connections
        event.listen(engine.sync_engine, "connect", lambda driver, _: self._open.add(driver))
        event.listen(engine.sync_engine, "close", lambda driver, _: self._open.discard(driver))

    @property
    def dialect(self) -> str:
        """Return the name of the database's kind, as SQLAlchemy has it."""
        return self._engine.dialect.name

    @asynccontextmanager
    async def use(self) -> AsyncIterator[AsyncConnection]:
        """Take a connection; where the lane writes, in a transaction."""
        began = time.monotonic()
        try:
            await self._take_place()
            connection = self._kept.pop()[0] if self._kept else self._engine.connect()
            with in_our_words():
                try:
                    if connection.sync_connection is None:
                        await connection.start()
                    if self._writes:
                        await connection.begin()
                    yield connection
                except BaseException:
                    await self._leave(connection, commit=False)
                    raise
                await self._leave(connection, commit=True)
        finally:
            if self.observe is not None:
                self.observe(self._writes, time.monotonic() - began)

    async def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Do ``work`` on a connection; where the lane writes, in a transaction.

        On SQLite in one trip to the connection's thread: ``work`` must touch nothing else there,
        and return values that do not read any more.
        """
        if self._in_thread is None:
            async with self.use() as connection:
                return await connection.run_sync(work)
        began = time.monotonic()
        try:
            await self._take_place()
            with in_our_words():
                return await self._see_through(self._run_in_thread(self._in_thread, work))
        finally:
            if self.observe is not None:
                self.observe(self._writes, time.monotonic() - began)

    async def _run_in_thread(
        self, in_thread: Engine, work: Callable[[Connection], ResultT]
    ) -> ResultT:
        try:
            connection, driver = self._kept.pop() if self._kept else await self._connect()
            try:
                return await self._transact(driver, in_thread, work)
            finally:
                if driver.in_transaction:  # left open, nobody could ever write again
                    await connection.invalidate()
                    await connection.close()
                elif self._closed:
                    await connection.close()
                else:
                    self._kept.append((connection, driver))
        finally:
            self._free.release()

    async def _connect(self) -> tuple[AsyncConnection, OneTripConnection]:
        connection = self._engine.connect()
        await connection.start()
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, OneTripConnection)  # noqa: S101 - as `in_thread` says
        return connection, driver

    async def _transact(
        self, driver: OneTripConnection, in_thread: Engine, work: Callable[[Connection], ResultT]
    ) -> ResultT:
        """Do ``work`` with the rows that were to be written soon."""
        rows, self.soon = self.soon, []
        began_rows = False

        def with_rows(connection: Connection) -> ResultT:
            nonlocal began_rows
            result = work(connection)
            began_rows = True
            for statement, of_kind in _by_kind(rows):
                connection.execute(statement, of_kind)
            return result

        self.taken += 1
        try:
            return await driver.transact(in_thread, with_rows)
        except BaseException as error:
            if is_passing(error) or not began_rows:  # unlike a row that is wrong: see `_commit`
                self.soon = [*rows, *self.soon]
            raise
        finally:
            self.taken -= 1

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
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                while self._kept:
                    await self._kept.pop()[0].close()
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
        # A timeout costs more than a place that is free, which takes no wait.
        bound = asyncio.timeout(WAIT_SECONDS) if self._free.locked() else nullcontext()
        try:
            async with bound:
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
        """Commit, with the rows that were to be written soon.

        A server that is lost over a COMMIT may have done it. What changes or drops a row is then
        written again, which alters nothing; what inserts one would count twice, and is let go.
        """
        rows, self.soon = self.soon, []
        again = rows
        self.taken += 1
        try:
            for statement, of_kind in _by_kind(rows):
                await connection.execute(statement, of_kind)
            if self.dialect != "sqlite":  # where a commit that failed was none
                again = [row for row in rows if not isinstance(row[0], Insert)]
            await connection.commit()
        except BaseException as error:
            if is_passing(error):  # unlike a row that is wrong: it would never be taken
                self.soon = [*again, *self.soon]
                if len(again) < len(rows):
                    log.warning("rows may be lost", rows=len(rows) - len(again))
            raise
        finally:
            self.taken -= 1

    async def _see_through(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Await ``work`` to its end, even if cancelled; cancelled again, it ends by itself."""
        task = asyncio.create_task(work)
        self._leaving.add(task)  # the loop itself would not keep it
        task.add_done_callback(self._leaving.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.wait({task})
            raise


def _by_kind(rows: Sequence[SoonRow]) -> list[tuple[Change, list[Mapping[str, Any]]]]:
    """Return the rows by the statement that writes them, each of which is then said once.

    What inserts a row comes before what changes or drops one.
    """
    kinds: dict[Change, list[Mapping[str, Any]]] = {}
    for statement, row in rows:
        kinds.setdefault(statement, []).append(row)
    return sorted(kinds.items(), key=lambda kind: not isinstance(kind[0], Insert))
