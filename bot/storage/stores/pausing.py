"""Pauses of rooms, each in one transaction with the record of who paused them, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Act, Moderator, NewAct, Room
from bot.domain.limits import SetAsideReason
from bot.storage.database.database import Database
from bot.storage.database.sqlite_driver import keep_durably
from bot.storage.database.tables import OPEN, messages, rooms, turns
from bot.storage.stores.acts import put_act
from bot.storage.stores.rooms import RoomStore, room_of_row

_ONE_ROOM: Final = select(rooms).where(rooms.c.id == bindparam("room_id"))
_NO_PAUSE: Final = {
    "paused_until": None,
    "pause_reason": "",
    "paused_by_id": None,
    "paused_by_name": None,
    "paused_at": None,
}

ActsOf = Callable[[Sequence[Room]], Sequence[NewAct]]
"""What is put on the record of rooms that are paused now; nothing where there are none."""
ResumeActsOf = Callable[[Sequence[Room], int], Sequence[NewAct]]
"""What is put on the record of rooms that were paused, and how many messages are set aside."""


@dataclass(frozen=True, slots=True)
class NewPause:
    """A pause that somebody asks for."""

    by: Moderator
    reason: str = ""
    until: datetime | None = None
    after: int | None = None
    """The id of the command: what has a lower one was said before. None: the newest kept."""
    instead_of: int = 0
    """The mark of the pause that it replaces; 0: only rooms that are not paused."""


@dataclass(frozen=True, slots=True)
class PauseEnd:
    """The end of a pause that somebody asks for."""

    set_aside: bool = False
    """Whether what was said during the pause is kept, but never answered."""
    of_mark: int | None = None
    """The mark of the pause that ends; None: whichever there is."""
    over_by: datetime | None = None
    """Only a pause that has run out by then; None: any."""

    def ends(self, room: Room) -> bool:
        """Return whether the room is in a pause that this ends."""
        if self.over_by is not None and (
            room.paused_until is None or room.paused_until > self.over_by
        ):
            return False
        return room.paused and self.of_mark in (None, room.pause_mark)


class PausingStore:
    """The pauses of rooms."""

    def __init__(self, database: Database, room_store: RoomStore) -> None:
        self._database = database
        self._rooms = room_store

    async def pause(
        self, room_ids: Sequence[int], pause: NewPause, acts_of: ActsOf
    ) -> tuple[list[Room], list[Act]]:
        """Pause rooms and put it on the record, all or nothing; return those that changed."""
        try:
            async with self._database.write() as connection:
                await connection.run_sync(keep_durably)
                paused = [await _pause(connection, room_id, pause) for room_id in room_ids]
                changed = [room for room in paused if room is not None]
                acts = [await connection.run_sync(put_act, act) for act in acts_of(changed)]
        finally:
            self._rooms.forget_cached()
        return changed, acts

    async def extend(
        self, room_id: int, minutes: int, act_of: Callable[[Room], NewAct]
    ) -> tuple[Room, Act] | None:
        """Let a pause that ends by itself last longer, on the record; None if there is none.

        Nothing changes in a room that is not paused, or paused until it is resumed.
        """
        change = rooms.update().where(rooms.c.id == room_id)
        try:
            async with self._database.write() as connection:
                room = await _room(connection, room_id)
                if room is None or not room.paused or room.paused_until is None:
                    return None
                until = max(datetime.now(UTC), room.paused_until) + timedelta(minutes=minutes)
                await connection.execute(change.values(paused_until=until))
                room = replace(room, paused_until=until)
                return room, await connection.run_sync(put_act, act_of(room))
        finally:
            self._rooms.forget_cached()

    async def resume(
        self, room_ids: Sequence[int], end: PauseEnd, acts_of: ResumeActsOf
    ) -> tuple[list[Room], list[Act]]:
        """End pauses and put it on the record, all or nothing; return the rooms as they were."""
        try:
            async with self._database.write() as connection:
                await connection.run_sync(keep_durably)
                resumed, aside = [], 0
                for room_id in room_ids:
                    room = await _room(connection, room_id)
                    if room is not None and end.ends(room):
                        resumed.append(room)
                        aside += await _resume(connection, room_id, end)
                new = acts_of(resumed, aside) if resumed else ()
                acts = [await connection.run_sync(put_act, act) for act in new]
        finally:
            self._rooms.forget_cached()
        return resumed, acts


async def _room(connection: AsyncConnection, room_id: int) -> Room | None:
    row = (await connection.execute(_ONE_ROOM, {"room_id": room_id})).first()
    return None if row is None else room_of_row(row)


async def _resume(connection: AsyncConnection, room_id: int, end: PauseEnd) -> int:
    """End a room's pause; return how many messages are set aside."""
    now = datetime.now(UTC)
    of_room = rooms.c.id == room_id
    after = await connection.scalar(select(rooms.c.paused_after_message_id).where(of_room))
    ended = {"paused": False, "resumed_at": now, **_NO_PAUSE}
    await connection.execute(rooms.update().where(of_room).values(ended))
    # A pause does not count as waiting.
    afresh = turns.update().where(turns.c.room_id == room_id, OPEN).values(began_at=now)
    await connection.execute(afresh)
    if not end.set_aside:
        return 0
    change = messages.update().where(
        messages.c.room_id == room_id,
        messages.c.turn_id.is_(None),
        messages.c.set_aside_at.is_(None),
        messages.c.id > (after or 0),
    )
    aside = change.values(set_aside_at=now, set_aside_reason=SetAsideReason.PAUSE)
    return (await connection.execute(aside)).rowcount


async def _pause(connection: AsyncConnection, room_id: int, pause: NewPause) -> Room | None:
    """Return the room as it is paused; None where it stays as it is."""
    room = await _room(connection, room_id)
    if room is None or room.pause_mark != pause.instead_of:
        return None
    newest = select(func.max(messages.c.id)).where(messages.c.room_id == room_id)
    said_before = pause.after or func.coalesce(newest.scalar_subquery(), 0)
    # Paused once more, it goes on from where the first pause began.
    began = case((rooms.c.paused, rooms.c.paused_after_message_id), else_=said_before)
    values = {
        "paused": True,
        "paused_until": pause.until,
        "pause_reason": pause.reason,
        "paused_by_id": pause.by.id,
        "paused_by_name": pause.by.name,
        "paused_at": datetime.now(UTC),
        "paused_after_message_id": began,
    }
    await connection.execute(rooms.update().where(rooms.c.id == room_id).values(values))
    return room_of_row((await connection.execute(_ONE_ROOM, {"room_id": room_id})).one())
