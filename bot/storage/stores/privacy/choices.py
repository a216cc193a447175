"""People's choices about their words, each with when and by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b

from sqlalchemy import false, func, select

from bot.domain.privacy import UNSAID, Choices, Chosen, PrivacyChoice
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.privacy_tables import forgotten_people, privacy_choices
from bot.storage.database.sqlite_driver import keep_durably
from bot.storage.database.tables import messages, rooms
from bot.storage.database.upsert import upsert


@dataclass(frozen=True, slots=True)
class _Unwanted:
    """What must not be stored in a server."""

    opted_out: frozenset[int]
    forgotten_up_to: Mapping[str, int]
    """By a person's mark: the message up to which their words are forgotten."""


class PrivacyChoiceStore:
    """The choices of each person in each server."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unwanted = ReadCache(
            self._read_unwanted, database.changes, "privacy_choices", "forgotten_people"
        )

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
                await connection.run_sync(keep_durably)
                await connection.run_sync(upsert, privacy_choices, key, values)
        finally:
            self._unwanted.forget()

    async def may_store(self, user_id: int, guild_id: int, message_id: int | None = None) -> bool:
        """Return whether a person's words are to be stored and answered; asked for each message.

        A message that they had forgotten is not, where it is read once more.
        """
        unwanted = await self._unwanted.get(guild_id)
        if user_id in unwanted.opted_out:
            return False
        if message_id is None or not unwanted.forgotten_up_to:
            return True
        return message_id > unwanted.forgotten_up_to.get(_mark_of(user_id, guild_id), 0)

    async def forget_up_to(self, user_id: int, guild_id: int, message_id: int | None) -> None:
        """Note that what a person said up to that message is forgotten; None: all that is kept.

        Never moves back.
        """
        key = {"person_mark": _mark_of(user_id, guild_id), "guild_id": guild_id}
        known = select(forgotten_people.c.up_to_id).filter_by(**key)
        here = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
        newest = select(func.max(messages.c.id)).where(
            messages.c.author_id == user_id, messages.c.room_id.in_(here)
        )
        try:
            async with self._database.write() as connection:
                await connection.run_sync(keep_durably)
                bound = message_id or await connection.scalar(newest) or 0
                if bound > (await connection.scalar(known) or 0):
                    await connection.run_sync(upsert, forgotten_people, key, {"up_to_id": bound})
        finally:
            self._unwanted.forget()

    async def _read_unwanted(self, guild_id: int) -> _Unwanted:
        opted_out = select(privacy_choices.c.user_id).where(
            privacy_choices.c.guild_id == guild_id, privacy_choices.c.storage == false()
        )
        forgotten = select(forgotten_people).where(forgotten_people.c.guild_id == guild_id)
        async with self._database.read() as connection:
            return _Unwanted(
                frozenset(await connection.scalars(opted_out)),
                {row.person_mark: row.up_to_id for row in await connection.execute(forgotten)},
            )


def _mark_of(user_id: int, guild_id: int) -> str:
    """Return what stands for a forgotten person in place of their id."""
    return blake2b(f"{guild_id} {user_id}".encode(), digest_size=16).hexdigest()
