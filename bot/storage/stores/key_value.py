"""Small notes of the bot to itself, by name."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from bot.storage.database.database import Database
from bot.storage.database.tables import marks
from bot.storage.database.upsert import upsert


class Marks:
    """Named values, such as the hash of the commands that Discord was last told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """The value under that name."""
        async with self._database.read() as connection:
            value: str | None = await connection.scalar(
                select(marks.c.value).where(marks.c.name == name)
            )
        return value

    async def put(self, name: str, value: str) -> None:
        """Keeps a value under that name, in place of any other."""
        values = {"value": value, "changed_at": datetime.now(UTC)}
        async with self._database.write() as connection:
            await upsert(connection, marks, {"name": name}, values)
