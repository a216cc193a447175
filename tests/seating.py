"""Who sits in the Therapist's seat as tests set it: in the database, without an engine."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Moderator, NewAct, Room
from bot.domain.act_details import TakeSeatDetails
from bot.storage.stores.stores import Stores


async def mark_seated(stores: Stores, room_id: int, person: Moderator | None) -> None:
    """Put a person into the seat, or the AI."""

    def seated(room: Room) -> tuple[Room, NewAct]:
        by = person or Moderator(1, "Kim")
        act = NewAct(room.guild_id, room_id, None, by, TakeSeatDetails(), "", ())
        return replace(room, therapist=person), act

    await stores.rooms.change(room_id, seated)
