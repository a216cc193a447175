"""The database: one connection that writes, a few that read, and every wait bounded.

Whoever uses `Database.write` or `Database.read` may be cancelled at any moment: a transaction is
then either undone or complete, and its connection free for the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Self, TypeVar

import structlog
from sqlalchemy import Connection, Update, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database.cache import CacheChanges
from bot.storage.database.connections import (
    cannot_open,
    make_folder,
    parse_url,
    reading_engine,
    transacting_engine,
    writing_engine,
)
from bot.storage.database.fence import Fence
from bot.storage.database.lane import LAST_SECONDS, Change, Lane, ObserveUse
from bot.storage.database.sqlite_driver import OneTripConnection
from bot.storage.database.troubles import DatabaseUnavailable

log = structlog.get_logger(__name__)

ResultT = TypeVar("ResultT")
READERS: Final = 4
"""Reading at once: more would only take turns at the interpreter's lock."""
SOON_SECONDS: Final = 0.2
"""How long a row of `Database.write_soon` waits for a transaction that takes it along."""


class Database:
    """The way to the tables, for the stores."""

    def __init__(self, writing: Lane, reading: Lane) -> None:
        self._writing = writing
        self._reading = reading
        self._fence: Fence | None = None
        self.changes = CacheChanges()
        """For caches of what is in it."""
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
            Lane(
                writing_engine(parsed),
                1,
                writes=True,
                in_thread=transacting_engine(parsed, writes=True),
            ),
            Lane(
                reading_engine(parsed, READERS),
                READERS,
                writes=False,
                in_thread=transacting_engine(parsed, writes=False),
            ),
        )
        try:
            with cannot_open(parsed):
                await database.ping()
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def dialect(self) -> str:
        """Return the name of the database's kind, as SQLAlchemy has it."""
        return self._writing.dialect

    def observe(self, observe: ObserveUse) -> None:
        """Tell ``observe`` of each use of a connection from now on, as it ends."""
        self._writing.observe = self._reading.observe = observe

    def within(self, fence: Fence) -> Database:
        """Return the same database for whoever may write only as long as ``fence`` holds."""
        fenced = Database(self._writing, self._reading)
        fenced._fence, fenced.changes = fence, self.changes
        return fenced

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Begin a transaction that writes: committed at the end, undone by an exception.

        One at a time; keep it short, and wait for nothing but the database inside. Raises
        DatabaseUnavailable, LeaseLost.
        """
        return self._writing.use() if self._fence is None else self._write_within(self._fence)

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Take a connection to read from; each statement sees what is committed by then.

        Raises DatabaseUnavailable.
        """
        return self._reading.use()

    async def transact(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Do ``work`` as one transaction that writes: committed whole, or undone by an exception.

        The quick way for what a turn waits for: one trip to the connection, however many
        statements. Raises DatabaseUnavailable, LeaseLost.
        """
        fence = self._fence
        if fence is None:
            return await self._writing.run(work)

        def work_within(connection: Connection) -> ResultT:
            fence.hold(connection)
            return work(connection)

        return await self._writing.run(work_within)

    async def fetch(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Do ``work``, which reads, in one trip; it returns values that do not read any more.

        Raises DatabaseUnavailable.
        """
        return await self._reading.run(work)

    def write_soon(self, change: Change, row: Mapping[str, Any]) -> None:
        """Write a row that nobody waits for: with the next transaction, or within moments.

        What follows from the row is therefore never kept without it. `flush` before reading it.
        What changes or drops a row must be such that a second time alters nothing.
        Rows of one statement are written together, those that insert before those that change.
        """
        self._writing.soon.append((change, row))
        if self._flush_later is None:
            loop = asyncio.get_running_loop()
            self._flush_later = loop.call_later(SOON_SECONDS, self._flush_by_itself)

    def change_soon(self, change: Update, row: Mapping[str, Any]) -> None:
        """Do the same with a change that is undue once the shard is another process's.

        It may go along with a transaction for another shard: so it looks at the lease by itself.
        """
        if self._fence is not None:
            change, row = self._fence.guard(change, row)
        self.write_soon(change, row)

    async def flush(self) -> None:
        """Return once what `write_soon` was given is written. Raises DatabaseUnavailable."""
        if self._writing.soon or self._writing.taken:
            # After whoever has taken rows along, who may give them back.
            await self._writing.run(lambda _: None)

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

    async def compact_file(self) -> bool:
        """Write SQLite's file anew without free pages; return whether that was possible."""
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

    @asynccontextmanager
    async def _write_within(self, fence: Fence) -> AsyncIterator[AsyncConnection]:
        async with self._writing.use() as connection:
            await connection.run_sync(fence.hold)
            yield connection

    def _flush_by_itself(self) -> None:
        self._flush_later = None
        self._flushing = asyncio.create_task(self._flush_quietly(), name="flush")

    async def _flush_quietly(self) -> None:
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await self.flush()
        except Exception:  # a task's edge: the next transaction takes along what it can
            log.exception("rows not written", rows=len(self._writing.soon))
