"""The choice of turns that get a card of their own; digests tell of all the others.

A turn without a card is marked as it is evaluated; the clock puts what is marked into a digest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain import NewPost, PostKind, PostTo, RoomSettings, Turn
from bot.domain.room_settings import CardsWhen
from bot.rooms.evaluation.headline import Findings, headlines_of, is_over_limit
from bot.storage.stores.stores import Stores

_PERIODS: Final = {
    # Where cards are for every turn again, what still waits comes at once.
    CardsWhen.EVERY: timedelta(0),
    CardsWhen.FLAGGED: timedelta(days=1),
    CardsWhen.HOURLY: timedelta(hours=1),
    CardsWhen.DAILY: timedelta(days=1),
}


def make_card(turn: Turn, settings: RoomSettings, found: Findings | None) -> NewPost | None:
    """Return the card of a turn that has been evaluated; None if it comes in a digest.

    ``found`` is not needed where a room has cards for all turns, or for none.
    """
    flagged = settings.cards is CardsWhen.FLAGGED and (found is None or is_flagged(found, settings))
    if settings.cards is not CardsWhen.EVERY and not flagged:
        return None
    return NewPost(turn.room_id, PostTo.MODERATORS, PostKind.CARD, turn_id=turn.id)


def is_flagged(found: Findings, settings: RoomSettings) -> bool:
    """Return whether a turn needs a look: see `Headline`; also where therapy changed the reply."""
    return found.turn.reply != found.turn.draft or needs_look(found, settings)


def needs_look(found: Findings, settings: RoomSettings) -> bool:
    """Return whether something speaks against what was sent, or nobody could score it."""
    asked_for = any(headline.asks_for_a_look for headline in headlines_of(found))
    return asked_for or found.after is None or is_over_limit(found.after, settings)


async def make_digests(
    stores: Stores, now: datetime | None = None, *, is_own: Callable[[int], bool] = lambda _: True
) -> list[int]:
    """Put the turns whose hour or day is over into digests; return the rooms that got one.

    ``is_own`` says, by id, which rooms are to get one.
    """
    now = now or datetime.now(UTC)
    room_ids: list[int] = []
    for room_id, oldest in await stores.digests.rooms_waiting():
        room = await stores.rooms.get(room_id) if is_own(room_id) else None
        if room is None or not _over(oldest, _PERIODS[room.settings.cards], now):
            continue
        while await stores.digests.make(room_id):  # each holds as many turns as can be shown
            room_ids.append(room_id)
    return room_ids


def _over(since: datetime, period: timedelta, now: datetime) -> bool:
    """Return whether the hour or day (UTC) of ``since`` has ended."""
    if not period:
        return True
    epoch = datetime(2000, 1, 1, tzinfo=UTC)
    return (since - epoch) // period < (now - epoch) // period
