"""Which servers have been greeted: each once, however often the bot comes back."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.storage.database.database import Database
from bot.storage.database.tables import guilds
from bot.storage.database.upsert import insert_if_missing


class GreetingStore:
    """The servers that have read the greeting."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, guild_id: int) -> bool:
        """Note that a server is greeted; False if it was before."""
        now = datetime.now(UTC)
        change = guilds.update().where(guilds.c.id == guild_id, guilds.c.greeted_at.is_(None))
        async with self._database.write() as connection:
            await connection.run_sync(
                insert_if_missing, guilds, {"id": guild_id}, {"created_at": now}
            )
            return (await connection.execute(change.values(greeted_at=now))).rowcount == 1
