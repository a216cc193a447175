"""The curves of the working alliance, as they were measured once for a turn."""

from __future__ import annotations

from sqlalchemy import select

from bot.storage.database.database import Database
from bot.storage.database.measurement_tables import alliance_curves
from bot.storage.database.upsert import upsert


class AllianceCurveStore:
    """The curves of each turn, in JSON."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, turn_id: int) -> str | None:
        """Return the curves of a turn; None if it was never measured."""
        query = select(alliance_curves.c.curves).where(alliance_curves.c.turn_id == turn_id)
        async with self._database.read() as connection:
            curves: str | None = await connection.scalar(query)
        return curves

    async def keep(self, turn_id: int, curves: str) -> None:
        """Keep the curves of a turn, instead of any earlier ones."""
        async with self._database.write() as connection:
            await connection.run_sync(
                upsert, alliance_curves, {"turn_id": turn_id}, {"curves": curves}
            )
