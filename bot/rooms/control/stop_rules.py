"""The rules by which a room stops by itself: mean score, mean empathy, failures, spend.

Looked at after each evaluation. Counted is only what came after the last resume, so that a room
that a moderator lets go on is not stopped again for the same turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from bot.domain import Room, RoomSettings
from bot.reasons import because
from bot.storage.stores.stores import Stores
from bot.storage.stores.turn_history import EndedTurn

LOOKED_AT: Final = 10
"""Turns that a rule looks back on."""
FEWEST: Final = 5
"""Turns below which a mean or a share says too little to stop a room for."""


async def find_broken_rule(stores: Stores, room_id: int) -> str | None:
    """Return why the room has to stop, or None."""
    room = await stores.rooms.get(room_id)
    if room is None or room.paused:
        return None
    settings = room.settings
    looks_back = (settings.stop_mean, settings.stop_empathetic, settings.stop_failures)
    if any(limit is not None for limit in looks_back):
        ended = await stores.turn_history.latest_ended(room_id, LOOKED_AT, room.resumed_at)
        if (
            why := _mean(settings, ended)
            or _empathetic(settings, ended)
            or _failures(settings, ended)
        ):
            return why
    return await _spend(stores, room)


def _mean(settings: RoomSettings, ended: Sequence[EndedTurn]) -> str | None:
    scores = [turn.worst for turn in ended if turn.worst is not None]
    if settings.stop_mean is None or len(scores) < FEWEST:
        return None
    mean = sum(scores) / len(scores)
    if mean <= settings.stop_mean:
        return None
    return because(
        "the average score of the last {count} replies is {mean}, above the limit of {limit}",
        count=len(scores),
        mean=f"{mean:.0f}",
        limit=settings.stop_mean,
    )


def _empathetic(settings: RoomSettings, ended: Sequence[EndedTurn]) -> str | None:
    figures = [turn.empathetic for turn in ended if turn.empathetic is not None]
    if settings.stop_empathetic is None or len(figures) < FEWEST:
        return None
    mean = sum(figures) / len(figures)
    if mean >= settings.stop_empathetic:
        return None
    return because(
        "the last {count} replies have an average of {mean} for empathetic, below the limit of "
        "{limit}",
        count=len(figures),
        mean=f"{mean:.0f}",
        limit=settings.stop_empathetic,
    )


def _failures(settings: RoomSettings, ended: Sequence[EndedTurn]) -> str | None:
    if settings.stop_failures is None or len(ended) < FEWEST:
        return None
    failed = sum(turn.withheld for turn in ended)
    if 100 * failed / len(ended) <= settings.stop_failures:
        return None
    return because(
        "{failed} of the last {count} replies could not be sent, above the limit of {limit} %",
        failed=failed,
        count=len(ended),
        limit=settings.stop_failures,
    )


async def _spend(stores: Stores, room: Room) -> str | None:
    limit = room.settings.stop_spend
    if limit is None:
        return None
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = max(midnight, room.resumed_at or midnight)
    spent = sum(row.cost or 0.0 for row in await stores.calls.usage([room.id], since))
    if spent < limit:
        return None
    return because(
        "the models have cost ${spent} today, the limit is ${limit}",
        spent=float(spent),
        limit=float(limit),
    )
