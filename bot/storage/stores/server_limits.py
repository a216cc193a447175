"""The limits that servers have set for themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select

from bot.domain.server_limits import ServerLimits
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.sqlite_driver import keep_durably
from bot.storage.database.tables import guilds
from bot.storage.database.upsert import upsert


class ServerLimitStore:
    """The servers' own limits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = ReadCache(self._read, database.changes, "guilds")

    async def get(self, guild_id: int) -> ServerLimits:
        """Return the server's limits, none where it has set none. Each call of a turn asks."""
        return await self._cache.get(guild_id)

    async def put(self, guild_id: int, limits: ServerLimits) -> None:
        """Set a server's limits; the next call sees them."""
        values = {"limits": limits.model_dump_json()}
        made = {"created_at": datetime.now(UTC)}
        try:
            async with self._database.write() as connection:
                await connection.run_sync(keep_durably)
                await connection.run_sync(upsert, guilds, {"id": guild_id}, values, once=made)
        finally:
            self._cache.forget()

    async def _read(self, guild_id: int) -> ServerLimits:
        async with self._database.read() as connection:
            text = await connection.scalar(select(guilds.c.limits).where(guilds.c.id == guild_id))
        return ServerLimits.model_validate_json(text) if text else ServerLimits()
