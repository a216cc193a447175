"""The time of the person for whom a room's turn waits."""

from __future__ import annotations

from dataclasses import replace

from bot.domain import Room, Turn
from bot.domain.turn_context import waiting_deadline
from bot.storage.stores.stores import Stores
from bot.storage.stores.turns import StaleTurn


async def renew_wait(stores: Stores, room: Room) -> Turn | None:
    """Give the person for whom the room's turn waits their whole time; the turn, if so."""
    turn = await stores.turns.open_turn(room.id)
    if turn is None or not turn.state.waits:
        return None
    afresh = replace(turn, waits_until=waiting_deadline(turn, room.settings))
    try:
        await stores.turns.save(afresh, was=turn)
    except StaleTurn:  # the person has acted at this very moment
        return None
    return afresh
