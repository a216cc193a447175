"""The rows that are about one person, to be shown and exported, by the classification."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain.privacy import StoredSummary
from bot.domain.ratings import sources_of_person
from bot.storage.database.data_classes import NOBODY, ONE_DAY, Holds, tables_with
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import rewards
from bot.storage.database.tables import messages, rooms, turns
from bot.storage.stores.privacy.traced_rows import in_guild

MOST_ROWS: Final = 20_000
"""Rows of a table in one export, the newest: some megabytes, below the bound of an upload."""
MOST_LOOKED_UP: Final = 100
"""People of a server who are looked up a day."""


class PersonalDataStore:
    """What is stored of each person."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def summary(self, person_id: int, guild_id: int) -> StoredSummary:
        """Return how much is stored of a person in a server."""
        theirs = messages.c.author_id == person_id
        async with self._database.read() as connection:
            room_ids = await _room_ids(connection, guild_id)
            said = select(
                func.count(),
                func.count(messages.c.turn_id.distinct()),
                func.min(messages.c.sent_at),
            ).where(theirs, messages.c.room_id.in_(room_ids))
            count, answered, first_at = (await connection.execute(said)).one()
            rows = {}
            for table in _tables_of_people():
                which = in_guild(table, guild_id, room_ids) & _about(table, person_id)
                found = await connection.scalar(
                    select(func.count()).select_from(table).where(which)
                )
                if found:
                    rows[table.name] = found
        return StoredSummary(count, answered, first_at, rows)

    async def export(self, person_id: int, guild_id: int) -> dict[str, list[dict[str, object]]]:
        """Return a person's rows by table, and the replies to what they said."""
        exported: dict[str, list[dict[str, object]]] = {}
        async with self._database.read() as connection:
            room_ids = await _room_ids(connection, guild_id)
            for table in [messages, *_tables_of_people()]:
                which = in_guild(table, guild_id, room_ids) & _about(table, person_id)
                query = select(table).where(which).limit(MOST_ROWS)
                rows = (await connection.execute(query)).mappings().all()
                exported[table.name] = [_plain(dict(row)) for row in rows]
            theirs = select(messages.c.turn_id).where(
                messages.c.author_id == person_id, messages.c.room_id.in_(room_ids)
            )
            replies = select(turns.c.id, turns.c.reply, turns.c.replied_at).where(
                turns.c.id.in_(theirs), turns.c.reply.is_not(None)
            )
            rows = (await connection.execute(replies.limit(MOST_ROWS))).mappings().all()
            exported["replies"] = [_plain(dict(row)) for row in rows]
        return {name: rows for name, rows in exported.items() if rows}

    async def silent_since(
        self, guild_id: int, before: datetime, *, after_id: int = 0, most: int = MOST_LOOKED_UP
    ) -> list[int]:
        """Return people with stored words who have said nothing since then, by id, a few."""
        query = (
            select(messages.c.author_id)
            .join(rooms, rooms.c.id == messages.c.room_id)
            .where(
                rooms.c.guild_id == guild_id,
                rooms.c.simulated.is_(False),
                messages.c.author_id > max(after_id, NOBODY),
            )
            .group_by(messages.c.author_id)
            .having(func.max(messages.c.sent_at) < before)
            .order_by(messages.c.author_id)
            .limit(most)
        )
        async with self._database.read() as connection:
            return list(await connection.scalars(query))

    async def guilds_of(self, person_id: int) -> list[int]:
        """Return the servers in which anything is stored of a person."""
        found: set[int] = set()
        async with self._database.read() as connection:
            for guild_id in await connection.scalars(select(rooms.c.guild_id).distinct()):
                room_ids = await _room_ids(connection, guild_id)
                for table in [messages, *_tables_of_people()]:
                    which = in_guild(table, guild_id, room_ids) & _about(table, person_id)
                    if await connection.scalar(select(select(table).where(which).exists())):
                        found.add(guild_id)
                        break
        return sorted(found)


def _tables_of_people() -> list[Table]:
    """Return the tables that name people, but messages and what is gone after a day."""
    tables = [table for table, _ in tables_with(holds=Holds.PERSON_ID)]
    return [table for table in tables if table is not messages and table.name not in ONE_DAY]


def _about(table: Table, person_id: int) -> ColumnElement[bool]:
    """Return the condition for the rows that name a person."""
    if table is rewards:
        return rewards.c.source.in_(sources_of_person(person_id))
    ids = next(names for one, names in tables_with(holds=Holds.PERSON_ID) if one is table)
    # A message's own id is a person's only in that it leads to them.
    messages_of = ("id", "message_id", "reply_to_id")
    columns = [table.c[name] for name in ids if name not in messages_of]
    return or_(*(column == person_id for column in columns))


async def _room_ids(connection: AsyncConnection, guild_id: int) -> Sequence[int]:
    query = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
    return list(await connection.scalars(query))


def _plain(row: dict[str, Any]) -> dict[str, object]:
    """Return a row as JSON knows it; ids as text, which no reader rounds."""
    return {name: _value(value) for name, value in row.items()}


def _value(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value
