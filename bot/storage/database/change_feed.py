"""The hearing of what other processes change in what this one keeps in memory, on PostgreSQL.

While the connection that hears of it is away, nothing is kept: each read goes to the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.storage.database.cache import CacheChanges
from bot.storage.database.cache_triggers import CHANNEL
from bot.storage.database.connections import parse_url, reading_engine

log = structlog.get_logger(__name__)

PULSE_SECONDS: Final = 5.0
"""Between two looks whether the connection still lives, and before it is made anew."""


@asynccontextmanager
async def hear_changes(url: str, changes: CacheChanges) -> AsyncIterator[None]:
    """Tell ``changes`` of every change in the block; on SQLite there is nobody else to make one."""
    parsed = parse_url(url)
    if parsed.get_backend_name() != "postgresql":
        yield
        return
    engine = reading_engine(parsed, 1)
    changes.stop()
    hearing = asyncio.create_task(_hear(engine, changes), name="cache changes")
    try:
        yield
    finally:
        hearing.cancel()
        await asyncio.wait({hearing})
        await engine.dispose()


async def _hear(engine: AsyncEngine, changes: CacheChanges) -> None:
    while True:
        try:
            await _listen(engine, changes)
        except (DBAPIError, OSError, TimeoutError) as error:
            log.warning("changes not heard", error=type(error).__name__)
        finally:
            changes.stop()
        await asyncio.sleep(PULSE_SECONDS)


async def _listen(engine: AsyncEngine, changes: CacheChanges) -> None:
    """Listen until the connection ends, or does not answer."""

    def hear(_: Any, __: int, ___: str, table: str) -> None:
        changes.tell(table)

    async with engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None  # noqa: S101 - the connection has just been made
        await driver.add_listener(CHANNEL, hear)
        try:
            changes.start()
            while True:
                await asyncio.sleep(PULSE_SECONDS)
                async with asyncio.timeout(PULSE_SECONDS):
                    await connection.execute(text("SELECT 1"))
        finally:
            changes.stop()
            if driver.is_closed():
                await connection.invalidate()
            else:
                await driver.remove_listener(CHANNEL, hear)
