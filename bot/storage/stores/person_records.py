"""What happened in a room around one person: help, reports, held replies, ratings. Never traits.

Discord forbids profiles of people. So nothing is reckoned, kept or said of what somebody is like:
these are the events on record, as long as the room keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import PostKind, Turn
from bot.domain.crisis import Crisis
from bot.domain.feedback import FeedbackKind
from bot.domain.ratings import Rating
from bot.domain.search import TurnFilter
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.crisis_tables import crises
from bot.storage.database.database import Database
from bot.storage.database.member_tables import feedback
from bot.storage.database.moderation_tables import ratings
from bot.storage.database.tables import outbox, turns
from bot.storage.stores.crisis_rows import crisis_of_row
from bot.storage.stores.feedback import SAID_TO_HURT
from bot.storage.stores.turn_history import rating_of
from bot.storage.stores.turn_search import TurnSearch

MOST: Final = 20
"""Crises, and replies, that are listed: the newest."""

_CRISES: Final = (
    select(crises)
    .where(
        crises.c.room_id == bindparam("room_id"),
        crises.c.author_id == bindparam("person_id"),
        crises.c.created_at >= bindparam("since", type_=UtcDateTime),
    )
    .order_by(crises.c.id.desc())
    .limit(MOST)
)
_HELD: Final = select(outbox.c.turn_id).where(
    outbox.c.turn_id.in_(bindparam("turn_ids", expanding=True)), outbox.c.kind == PostKind.GATE
)
_RATINGS: Final = (
    select(ratings)
    .where(ratings.c.turn_id.in_(bindparam("turn_ids", expanding=True)))
    .order_by(ratings.c.turn_id, ratings.c.person_id)
)
_REPORTS: Final = (
    select(feedback.c.turn_id, feedback.c.person_id)
    .where(
        feedback.c.turn_id.in_(bindparam("turn_ids", expanding=True)),
        feedback.c.kind == FeedbackKind.HURT,
    )
    .order_by(feedback.c.id)
)


@dataclass(frozen=True, slots=True)
class EventfulReply:
    """A reply to a person that was held for a moderator, reported by a member, or rated."""

    turn: Turn
    held: bool
    ratings: tuple[Rating, ...]
    reported_by: tuple[int, ...] = ()
    """The ids of the members who say that it hurt them, or was wrong."""


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """The events of a time around one person, newest first."""

    crises: tuple[Crisis, ...]
    replies: tuple[EventfulReply, ...]


class PersonRecordStore:
    """The look at what is on record around a person."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._search = TurnSearch(database)

    async def of(self, room_id: int, person_id: int, since: datetime) -> PersonRecord:
        """Return the newest events of a room around a person since then."""
        wanted = TurnFilter(person_id=person_id)
        page = await self._search.find(room_id, wanted, since=since, most=MOST, only=_is_eventful())
        found = [one.turn for one in page.found]
        keys = {"room_id": room_id, "person_id": person_id, "since": since}
        async with self._database.read() as connection:
            rows = (await connection.execute(_CRISES, keys)).all()
            replies = await _with_events(connection, found) if found else ()
        return PersonRecord(tuple(map(crisis_of_row, rows)), replies)


def _is_eventful() -> ColumnElement[bool]:
    return or_(
        exists().where(outbox.c.turn_id == turns.c.id, outbox.c.kind == PostKind.GATE),
        exists().where(ratings.c.turn_id == turns.c.id),
        SAID_TO_HURT,
    )


async def _with_events(connection: AsyncConnection, found: list[Turn]) -> tuple[EventfulReply, ...]:
    keys = {"turn_ids": [turn.id for turn in found]}
    held = set(await connection.scalars(_HELD, keys))
    rated = [rating_of(row) for row in await connection.execute(_RATINGS, keys)]
    reports = (await connection.execute(_REPORTS, keys)).all()
    return tuple(
        EventfulReply(
            turn,
            turn.id in held,
            tuple(one for one in rated if one.turn_id == turn.id),
            tuple(by for turn_id, by in reports if turn_id == turn.id),
        )
        for turn in found
    )
