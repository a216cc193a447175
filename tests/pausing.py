"""Pauses as tests make them: marked in the database, without a record and without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.domain import Moderator, NewAct, Room
from bot.storage.stores.pausing import NewPause, PauseEnd
from bot.storage.stores.stores import Stores

KIM: Final = Moderator(1, "Kim")


async def mark_paused(
    stores: Stores,
    room_id: int,
    *,
    until: datetime | None = None,
    reason: str = "",
    by: Moderator = KIM,
    instead_of: int | None = None,
) -> bool:
    """Pause a room whether it is or not, or only in place of that pause; say if it is changed."""
    room = await stores.rooms.get(room_id)
    mark = (room.pause_mark if room else 0) if instead_of is None else instead_of
    pause = NewPause(by, reason, until, instead_of=mark)
    changed, _ = await stores.pausing.pause([room_id], pause, lambda _: ())
    return bool(changed)


async def mark_resumed(stores: Stores, room_id: int, *, set_aside: bool = False) -> int:
    """Resume a room; return how many messages are set aside."""
    counted = [0]

    def count(_: Sequence[Room], aside: int) -> Sequence[NewAct]:
        counted.append(aside)
        return ()

    await stores.pausing.resume([room_id], PauseEnd(set_aside=set_aside), count)
    return counted[-1]
