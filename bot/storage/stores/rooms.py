"""The Chat Rooms, their settings and pauses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Act, Moderator, NewAct, Room, RoomSettings
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.sqlite_driver import keep_durably
from bot.storage.database.tables import guilds, messages, rooms, turns
from bot.storage.database.upsert import upsert
from bot.storage.stores.acts import put_act

_ROOM: Final = select(rooms)
_ONE_ROOM: Final = _ROOM.where(rooms.c.id == bindparam("room_id"))
_MARK: Final = rooms.c.last_seen_message_id
_SEE: Final = (
    rooms.update()
    .where(rooms.c.id == bindparam("of_room"))
    .where(or_(_MARK.is_(None), bindparam("up_to") > _MARK))
    .values(last_seen_message_id=bindparam("up_to"))
)
_IN_USE: Final = _ROOM.where(rooms.c.released_at.is_(None)).order_by(rooms.c.id)


DecideRoom = Callable[[Room], tuple[Room, NewAct]]
"""What a room is to be, of what it is, and what is put on the record."""


class RoomStore:
    """The Chat Rooms as they are set."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cache = ReadCache(self._read, database.changes, "rooms")

    async def get(self, room_id: int) -> Room | None:
        """Return the Chat Room of that channel, if it is or was one; each step of a turn asks."""
        return await self._cache.get(room_id)

    async def of_guild(self, guild_id: int) -> list[Room]:
        """Return the Chat Rooms that a server has now, by id."""
        query = _IN_USE.where(rooms.c.guild_id == guild_id)
        async with self._database.read() as connection:
            return [room_of_row(row) for row in await connection.execute(query)]

    async def all(self) -> list[Room]:
        """Return every Chat Room there is now, by id."""
        async with self._database.read() as connection:
            return [room_of_row(row) for row in await connection.execute(_IN_USE)]

    async def removed(self) -> list[Room]:
        """Return the channels that were Chat Rooms and are none now, by id."""
        query = _ROOM.where(rooms.c.released_at.is_not(None)).order_by(rooms.c.id)
        async with self._database.read() as connection:
            return [room_of_row(row) for row in await connection.execute(query)]

    async def bind(
        self,
        room: Room,
        *,
        notice_id: int | None = None,
        act: NewAct | None = None,
        heard_after: int | None = None,
    ) -> None:
        """Make a channel a Chat Room of which all of ``room`` holds, and put it on the record.

        ``notice_id`` is the message by which people there are told of the Chatbot, if it is new;
        ``heard_after`` the last id before the Chatbot is spoken to, if it was not so before.
        """
        now = datetime.now(UTC)
        values = {**_values_of(room), **_noted(notice_id, heard_after)}
        async with self._changing() as connection:
            await connection.run_sync(
                upsert, guilds, {"id": room.guild_id}, {}, once={"created_at": now}
            )
            await connection.run_sync(
                upsert, rooms, {"id": room.id}, values, once={"created_at": now}
            )
            if act is not None:
                await connection.run_sync(put_act, act)

    async def release(self, room_id: int, act: NewAct | None = None) -> Act | None:
        """Make a room a channel like any other again; its turns stay on the record.

        ``act`` is put on the record with it, and returned; None where it is no room any more.
        """
        latest = select(func.max(turns.c.id)).where(turns.c.room_id == room_id).scalar_subquery()
        change = rooms.update().where(rooms.c.id == room_id, rooms.c.released_at.is_(None))
        change = change.values(
            released_at=datetime.now(UTC),
            released_after_turn_id=latest,
            therapist_id=None,
            therapist_name=None,
        )
        async with self._changing() as connection:
            released = (await connection.execute(change)).rowcount > 0
            if not released or act is None:
                return None
            return await connection.run_sync(put_act, act)

    async def notice_of(self, room_id: int) -> int | None:
        """Return the message by which people in the room are told of the Chatbot, if it is out."""
        query = select(rooms.c.notice_message_id).where(rooms.c.id == room_id)
        async with self._database.read() as connection:
            message_id: int | None = await connection.scalar(query)
        return message_id

    async def forget_notice(self, room_id: int) -> None:
        """Forget the message by which people were told of the Chatbot: it is gone."""
        change = rooms.update().where(rooms.c.id == room_id).values(notice_message_id=None)
        async with self._database.write() as connection:
            await connection.execute(change)

    async def update_settings(self, room_id: int, settings: RoomSettings) -> None:
        """Change a Chat Room's settings; the next turn's steps see them."""
        change = (
            rooms.update().where(rooms.c.id == room_id).values(settings=settings.model_dump_json())
        )
        async with self._changing() as connection:
            await connection.execute(change)

    async def change(
        self,
        room_id: int,
        decide: DecideRoom,
        *,
        bound_anew: bool = False,
        notice_id: int | None = None,
        heard_after: int | None = None,
    ) -> Act | None:
        """Make of a room as it is by now what ``decide`` says, and put it on the record.

        What others change at the same moment is not lost, and an error of ``decide`` leaves all
        as it is. ``bound_anew`` makes a Chat Room of one that was removed; ``notice_id`` and
        ``heard_after`` as in `bind`. None, and nothing is done, where there never was such a room.
        """
        async with self._changing() as connection:
            row = (await connection.execute(_ONE_ROOM, {"room_id": room_id})).first()
            if row is None:
                return None
            room, act = decide(room_of_row(row))
            anew = _noted(notice_id, heard_after) if bound_anew else {}
            values = {**_values_of(room), **anew}
            await connection.execute(rooms.update().where(rooms.c.id == room_id).values(values))
            return await connection.run_sync(put_act, act)

    async def due_resumes(self, now: datetime) -> list[int]:
        """Return the rooms whose pause has run out by ``now``."""
        query = select(rooms.c.id).where(rooms.c.paused.is_(true()), rooms.c.paused_until <= now)
        async with self._database.read() as connection:
            return list(await connection.scalars(query.order_by(rooms.c.id)))

    async def last_seen(self, room_id: int) -> int | None:
        """Return the message up to which all of the room is read: kept, or passed by.

        It is the highest that is known, unless `note_unread` says that some before it is not read.
        """
        gap = rooms.c.unread_after_message_id
        newest = select(func.max(messages.c.id)).where(messages.c.room_id == room_id)
        query = select(gap, rooms.c.last_seen_message_id, newest.scalar_subquery())
        async with self._database.read() as connection:
            row = (await connection.execute(query.where(rooms.c.id == room_id))).first()
        unread_after, *ids = (None,) if row is None else row
        return unread_after or max(filter(None, ids), default=None)

    async def note_unread(self, room_id: int, after: int | None) -> None:
        """Note that messages after that one may be unread, whatever newer ones are; None: none."""
        gap = rooms.c.unread_after_message_id
        change = rooms.update().where(rooms.c.id == room_id)
        if after is not None:
            change = change.where(or_(gap.is_(None), gap > after))
        async with self._database.write() as connection:
            await connection.execute(change.values(unread_after_message_id=after))

    async def see(self, room_id: int, message_id: int) -> None:
        """Note that messages up to this one need no second look. Never moves back."""
        async with self._database.write() as connection:
            await connection.execute(_SEE, {"of_room": room_id, "up_to": message_id})

    def see_soon(self, room_id: int, message_id: int) -> None:
        """Note the same of a message that was passed by, within moments: nobody waits for it."""
        self._database.change_soon(_SEE, {"of_room": room_id, "up_to": message_id})

    def forget_cached(self) -> None:
        """Read the rooms anew: somebody else has changed them."""
        self._cache.forget()

    async def _read(self, room_id: int) -> Room | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE_ROOM, {"room_id": room_id})).first()
        return None if row is None else room_of_row(row)

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction after which the rooms are not as they were."""
        try:
            async with self._database.write() as connection:
                await connection.run_sync(keep_durably)
                yield connection
        finally:
            self._cache.forget()


def _noted(notice_id: int | None, heard_after: int | None) -> dict[str, object]:
    """Return what a room has that is bound anew: it is no longer released."""
    noted: dict[str, object] = {"released_at": None}
    if notice_id is not None:
        noted["notice_message_id"] = notice_id
    if heard_after is not None:
        noted |= {_MARK.name: heard_after, "unread_after_message_id": None}
    return noted


def _values_of(room: Room) -> dict[str, object]:
    """Return a room as its row is to have it."""
    return {
        "guild_id": room.guild_id,
        "moderator_channel_id": room.moderator_channel_id,
        "therapy_parent_id": room.therapy_parent_id,
        "moderator_role_id": room.moderator_role_id,
        "paused": room.paused,
        "paused_until": room.paused_until,
        "pause_reason": room.pause_reason,
        "paused_by_id": room.paused_by and room.paused_by.id,
        "paused_by_name": room.paused_by and room.paused_by.name,
        "paused_at": room.paused_at,
        "simulated": room.simulated,
        "settings": room.settings.model_dump_json(),
        "therapist_id": room.therapist and room.therapist.id,
        "therapist_name": room.therapist and room.therapist.name,
        "resumed_at": room.resumed_at,
    }


def room_of_row(row: Row[Any]) -> Room:
    """Return a room as its row has it."""
    return Room(
        id=row.id,
        guild_id=row.guild_id,
        moderator_channel_id=row.moderator_channel_id,
        therapy_parent_id=row.therapy_parent_id,
        moderator_role_id=row.moderator_role_id,
        settings=RoomSettings.model_validate_json(row.settings),
        paused=row.paused,
        paused_until=row.paused_until,
        pause_reason=row.pause_reason,
        simulated=row.simulated,
        therapist=None
        if row.therapist_id is None
        else Moderator(row.therapist_id, row.therapist_name),
        resumed_at=row.resumed_at,
        paused_by=None
        if row.paused_by_id is None
        else Moderator(row.paused_by_id, row.paused_by_name),
        paused_at=row.paused_at,
        released=row.released_at is not None,
    )
