"""A database as every command wants it: up to date, open, and closed at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.storage.database.database import Database
from bot.storage.migrations import migrate


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Bring the database at ``url`` up to date, open it, and close it at the end.

    Raises SettingError naming DATABASE_URL if it cannot be opened.
    """
    await migrate(url)
    database = await Database.open(url)
    try:
        yield database
    finally:
        await database.close()
