"""Facts of the process, by name; what is about a room or a turn has a store of its own."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from bot.storage.database.database import Database
from bot.storage.database.tables import key_value
from bot.storage.database.upsert import upsert


class KeyValueStore:
    """Named values: the hash of the commands that Discord was last told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """Return the value under that name."""
        async with self._database.read() as connection:
            value: str | None = await connection.scalar(
                select(key_value.c.value).where(key_value.c.name == name)
            )
        return value

    async def put(self, name: str, value: str) -> None:
        """Keep a value under that name, in place of any other."""
        values = {"value": value, "changed_at": datetime.now(UTC)}
        async with self._database.write() as connection:
            await connection.run_sync(upsert, key_value, {"name": name}, values)
