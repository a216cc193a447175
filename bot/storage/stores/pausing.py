"""Pauses of rooms, each in one transaction with the record of who paused them, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Act, Moderator, NewAct, Room
from bot.storage.database.database import Database
from bot.storage.database.sqlite_driver import keep_durably
from bot.storage.database.tables import messages, rooms
from bot.storage.stores.acts import put_act
from bot.storage.stores.rooms import RoomStore, room_of_row

_ONE_ROOM: Final = select(rooms).where(rooms.c.id == bindparam("room_id"))

ActsOf = Callable[[Sequence[Room]], Sequence[NewAct]]
"""What is put on the record of rooms that are paused now; nothing where there are none."""


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


async def _pause(connection: AsyncConnection, room_id: int, pause: NewPause) -> Room | None:
    """Return the room as it is paused; None where it stays as it is."""
    row = (await connection.execute(_ONE_ROOM, {"room_id": room_id})).first()
    if row is None or room_of_row(row).pause_mark != pause.instead_of:
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
