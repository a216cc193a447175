"""People's choices about their words, each with when and by whom."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import false, select

from bot.domain.privacy import UNSAID, Choices, Chosen, PrivacyChoice
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.privacy_tables import privacy_choices
from bot.storage.database.upsert import upsert


class PrivacyChoiceStore:
    """The choices of each person in each server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._opted_out = ReadCache(self._read_opted_out)

    async def get(self, user_id: int, guild_id: int) -> Choices:
        """Return a person's choices; where nobody has chosen, what holds then."""
        query = select(privacy_choices).where(
            privacy_choices.c.user_id == user_id, privacy_choices.c.guild_id == guild_id
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        choices = {choice: Chosen(yes) for choice, yes in UNSAID.items()}
        for choice in PrivacyChoice if row is not None else ():
            if row is not None and row[choice.value] is not None:
                at, by_id = row[f"{choice.value}_at"], row[f"{choice.value}_by_id"]
                choices[choice] = Chosen(row[choice.value], at, by_id)
        return choices

    async def choose(
        self, user_id: int, guild_id: int, choice: PrivacyChoice, *, yes: bool, by_id: int
    ) -> None:
        """Keep a choice, with now and by whom it is made."""
        key = {"user_id": user_id, "guild_id": guild_id}
        name = choice.value
        values = {name: yes, f"{name}_at": datetime.now(UTC), f"{name}_by_id": by_id}
        try:
            async with self._database.write() as connection:
                await connection.run_sync(upsert, privacy_choices, key, values)
        finally:
            self._opted_out.forget()

    async def may_store(self, user_id: int, guild_id: int) -> bool:
        """Return whether a person is to be stored and answered; asked for each message."""
        return user_id not in await self._opted_out.get(guild_id)

    async def _read_opted_out(self, guild_id: int) -> frozenset[int]:
        query = select(privacy_choices.c.user_id).where(
            privacy_choices.c.guild_id == guild_id, privacy_choices.c.storage == false()
        )
        async with self._database.read() as connection:
            return frozenset(await connection.scalars(query))
