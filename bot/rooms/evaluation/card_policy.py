"""The choice of turns that get a card of their own; digests tell of all the others.

A turn of which nothing is shown is marked as it is evaluated; the clock puts what is marked into a
digest. In a room with a rolling list each turn has a line there, and a card too if it needs a look.
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
    # Where each turn is shown at once again, what still waits comes at once too.
    CardsWhen.EVERY: timedelta(0),
    CardsWhen.ROLLING: timedelta(0),
    CardsWhen.FLAGGED: timedelta(days=1),
    CardsWhen.HOURLY: timedelta(hours=1),
    CardsWhen.DAILY: timedelta(days=1),
}


def make_posts(turn: Turn, settings: RoomSettings, found: Findings | None) -> tuple[NewPost, ...]:
    """Return what moderators are shown at once of a turn that has been evaluated.

    Nothing if it comes in a digest. ``found`` is not needed where cards are for all, or for none.
    """
    kinds: list[PostKind] = []
    if _has_own_card(settings, found):
        kinds.append(PostKind.CARD)
    if settings.cards is CardsWhen.ROLLING:
        kinds.append(PostKind.LINE)
    return tuple(NewPost(turn.room_id, PostTo.MODERATORS, kind, turn_id=turn.id) for kind in kinds)


async def show_again(stores: Stores, turn: Turn, posts: tuple[NewPost, ...]) -> tuple[NewPost, ...]:
    """Return what is shown of a turn that had ended before, so that what shows that end follows.

    Its line in a rolling list and its card are shown anew where they stand; ``posts`` may hold a
    card of its own all the same, as what needs a look has to be seen.
    """
    of_turn = {
        kind
        for kind in (PostKind.LINE, PostKind.CARD)
        if await stores.outbox.was_put(turn.id, kind)
    }
    kept = [one for one in posts if one.kind is not PostKind.LINE or one.kind not in of_turn]
    if PostKind.LINE in of_turn:
        kept.append(NewPost(turn.room_id, PostTo.ERASURE, PostKind.LINE, turn_id=turn.id))
    if PostKind.CARD in of_turn and not any(one.kind is PostKind.CARD for one in kept):
        kept.append(NewPost(turn.room_id, PostTo.ERASURE, PostKind.RENEWAL, turn_id=turn.id))
    return tuple(kept)


def _has_own_card(settings: RoomSettings, found: Findings | None) -> bool:
    match settings.cards:
        case CardsWhen.EVERY:
            return True
        case CardsWhen.ROLLING:
            return found is None or needs_look(found, settings)
        case CardsWhen.FLAGGED:
            return found is None or is_flagged(found, settings)
        case _:
            return False


def is_flagged(found: Findings, settings: RoomSettings) -> bool:
    """Return whether a turn needs a look: see `Headline`; also where therapy changed the reply."""
    return found.turn.reply != found.turn.draft or needs_look(found, settings)


def needs_look(found: Findings, settings: RoomSettings) -> bool:
    """Return whether something speaks against what was sent, it was held, or is not scored."""
    asked_for = any(headline.asks_for_a_look for headline in headlines_of(found))
    if asked_for or found.held:
        return True
    if found.after is None:
        return not found.has_no_answer
    return is_over_limit(found.after, settings)


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
