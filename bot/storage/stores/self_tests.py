"""The figures of the Critic's self-tests, which say how far its scores can be trusted."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import Connection, bindparam, select

from bot.storage.database.database import Database
from bot.storage.database.measurement_tables import critic_trust
from bot.storage.database.upsert import upsert

KNOWN_SECONDS: Final = 60.0
"""A self-test takes minutes, and is made once in a while."""
_FIGURES: Final = select(critic_trust.c.figures).where(
    critic_trust.c.method == bindparam("method"), critic_trust.c.model == bindparam("model")
)


class CriticTrustStore:
    """The figures of each method with each model, in JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[tuple[str, str], tuple[float, str | None]] = {}
        """By method and model: the figures, and until when they are not read anew."""

    async def get(self, method: str, model: str) -> str | None:
        """Return the figures of exactly that method, with its version, and model.

        Those of a self-test that another process has made are seen within `KNOWN_SECONDS`.
        """
        until, figures = self._known.get((method, model), (0.0, None))
        if time.monotonic() >= until:
            figures = await self._read(method, model)
            self._known[method, model] = (time.monotonic() + KNOWN_SECONDS, figures)
        return figures

    async def _read(self, method: str, model: str) -> str | None:
        def read(connection: Connection) -> str | None:
            figures: str | None = connection.scalar(_FIGURES, {"method": method, "model": model})
            return figures

        return await self._database.fetch(read)

    async def keep(self, method: str, model: str, figures: str) -> None:
        """Keep the figures of that method and model, instead of any earlier ones."""
        key = {"method": method, "model": model}
        async with self._database.write() as connection:
            await connection.run_sync(upsert, critic_trust, key, {"figures": figures})
        self._known.clear()
