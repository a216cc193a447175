"""The figures of the Critic's self-tests, which say how far its scores can be trusted."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, bindparam, select

from bot.storage.database.database import Database
from bot.storage.database.measurement_tables import critic_trust
from bot.storage.database.upsert import upsert

_FIGURES: Final = select(critic_trust.c.figures).where(
    critic_trust.c.method == bindparam("method"), critic_trust.c.model == bindparam("model")
)


class CriticTrustStore:
    """The figures of each method with each model, in JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, method: str, model: str) -> str | None:
        """Return the figures of exactly that method, with its version, and model."""

        def read(connection: Connection) -> str | None:
            figures: str | None = connection.scalar(_FIGURES, {"method": method, "model": model})
            return figures

        return await self._database.fetch(read)

    async def keep(self, method: str, model: str, figures: str) -> None:
        """Keep the figures of that method and model, instead of any earlier ones."""
        key = {"method": method, "model": model}
        async with self._database.write() as connection:
            await connection.run_sync(upsert, critic_trust, key, {"figures": figures})
