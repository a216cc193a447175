"""The limits that servers have set for themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sqlalchemy import select

from bot.domain import Act, NewAct
from bot.domain.server_limits import ServerLimits
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.tables import guilds
from bot.storage.database.upsert import upsert
from bot.storage.stores.acts import put_act

DecideLimits = Callable[[ServerLimits], tuple[ServerLimits, NewAct]]
"""What a server's limits are to be, of what they are, and what is put on the record."""


class ServerLimitStore:
    """The servers' own limits."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = ReadCache(self._read, database.changes, "guilds")

    async def get(self, guild_id: int) -> ServerLimits:
        """Return the server's limits, none where it has set none. Each call of a turn asks."""
        return await self._cache.get(guild_id)

    async def change(self, guild_id: int, decide: DecideLimits) -> Act:
        """Make of a server's limits as they are by now what ``decide`` says, on the record.

        The next call sees them. An error of ``decide`` leaves all as it is.
        """
        query = select(guilds.c.limits).where(guilds.c.id == guild_id)
        made = {"created_at": datetime.now(UTC)}
        try:
            async with self._database.write() as connection:
                limits, act = decide(_read_limits(await connection.scalar(query)))
                values = {"limits": limits.model_dump_json()}
                await connection.run_sync(upsert, guilds, {"id": guild_id}, values, once=made)
                return await connection.run_sync(put_act, act)  # which is kept durably
        finally:
            self._cache.forget()

    async def _read(self, guild_id: int) -> ServerLimits:
        async with self._database.read() as connection:
            query = select(guilds.c.limits).where(guilds.c.id == guild_id)
            return _read_limits(await connection.scalar(query))


def _read_limits(text: str | None) -> ServerLimits:
    return ServerLimits.model_validate_json(text) if text else ServerLimits()
