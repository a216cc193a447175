"""The servers that the bot has left, and the deletion of all that is theirs."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database.database import Database
from bot.storage.database.privacy_tables import forgotten_people, privacy_choices
from bot.storage.database.record_tables import acts, llm_calls
from bot.storage.database.sum_tables import call_days
from bot.storage.database.tables import guilds, messages, rooms, turns
from bot.storage.stores.rooms import RoomStore

AT_ONCE: Final = 100
"""Turns in one transaction."""
CALLS_AT_ONCE: Final = 1000
"""Calls in one, which are small rows that nothing hangs on."""


class DepartureStore:
    """The servers that the bot is no member of any more."""

    def __init__(self, database: Database, rooms_: RoomStore) -> None:
        self._database = database
        self._rooms = rooms_

    async def note(
        self, gone: Collection[int] = (), there: Collection[int] = (), *, at: datetime
    ) -> None:
        """Note which servers the bot has left, unless that is noted, and in which it is."""
        left = guilds.update().where(guilds.c.id.in_(gone), guilds.c.left_at.is_(None))
        back = guilds.update().where(guilds.c.id.in_(there), guilds.c.left_at.is_not(None))
        async with self._database.write() as connection:
            await connection.execute(left.values(left_at=at))
            await connection.execute(back.values(left_at=None))

    async def left_before(self, moment: datetime) -> list[int]:
        """Return the servers that the bot left before then."""
        query = select(guilds.c.id).where(guilds.c.left_at < moment).order_by(guilds.c.id)
        async with self._database.read() as connection:
            return list(await connection.scalars(query))

    async def delete(self, guild_id: int) -> None:
        """Delete every row of a server, a little at a time; done again, it goes on."""
        room_ids = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
        while await self._delete_turns(guild_id):
            """The next ones."""
        while await self._delete_calls(guild_id):
            """The next ones."""
        # Whoever writes in a room holds it as well, before or after other rows of the server. So it
        # is waited for with nothing else held, and other rows without it: else each of the two
        # might wait for the other.
        async with self._database.write() as connection:
            await _delete_beside_rooms(connection, guild_id)
        async with self._database.write() as connection:
            held = room_ids.order_by(rooms.c.id).with_for_update()
            ids = list(await connection.scalars(held))
            await _delete_beside_rooms(connection, guild_id)  # what has come meanwhile
            await connection.execute(rooms.delete().where(rooms.c.id.in_(ids)))
            # After the rooms: whoever wrote a call meanwhile held its room until it was there.
            for of_calls in (llm_calls, call_days):
                await connection.execute(of_calls.delete().where(of_calls.c.room_id.in_(ids)))
            await connection.execute(guilds.delete().where(guilds.c.id == guild_id))
        self._rooms.forget_cached()
        await self._database.empty_log()

    async def _delete_calls(self, guild_id: int) -> bool:
        """Delete some calls; say whether there were any."""
        room_ids = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
        query = select(llm_calls.c.id).where(llm_calls.c.room_id.in_(room_ids))
        async with self._database.write() as connection:
            ids = list(await connection.scalars(query.limit(CALLS_AT_ONCE)))
            await connection.execute(llm_calls.delete().where(llm_calls.c.id.in_(ids)))
        return bool(ids)

    async def _delete_turns(self, guild_id: int) -> bool:
        """Delete some turns, and all that goes with them; say whether there were any."""
        query = (
            select(turns.c.id)
            .join(rooms, rooms.c.id == turns.c.room_id)
            .where(rooms.c.guild_id == guild_id)
            .limit(AT_ONCE)
        )
        async with self._database.write() as connection:
            ids = list(await connection.scalars(query))
            await _delete_with_messages(connection, ids)
        return bool(ids)


async def _delete_beside_rooms(connection: AsyncConnection, guild_id: int) -> None:
    room_ids = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
    await connection.execute(messages.delete().where(messages.c.room_id.in_(room_ids)))
    for table in (acts, privacy_choices, forgotten_people):
        await connection.execute(table.delete().where(table.c.guild_id == guild_id))


async def _delete_with_messages(connection: AsyncConnection, turn_ids: Collection[int]) -> None:
    await connection.execute(messages.delete().where(messages.c.turn_id.in_(turn_ids)))
    await connection.execute(turns.delete().where(turns.c.id.in_(turn_ids)))
