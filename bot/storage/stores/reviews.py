"""The reviews of turns: who looks at which, and what is done."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select

from bot.domain import Act, EvaluationState, Moderator, NewAct, TurnState
from bot.domain.reviews import Review, ReviewList
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import reviews
from bot.storage.database.tables import turns
from bot.storage.database.upsert import upsert
from bot.storage.stores.acts import put_act
from bot.storage.stores.feedback import SAID_TO_HURT
from bot.storage.stores.turn_history import WORST

_ONE: Final = select(reviews).where(reviews.c.turn_id == bindparam("turn_id"))
_OF_TURN: Final = reviews.c.turn_id == turns.c.id


def needs_review(flagged_from: int) -> ColumnElement[bool]:
    """Return the condition for turns that need a look.

    They were withheld, not scored, scored high, or a member says that they hurt; see
    `bot.domain.reviews.reasons_to_review`.
    """
    return or_(
        turns.c.state == TurnState.WITHHELD,
        turns.c.evaluation == EvaluationState.FAILED,
        flagged_from <= WORST,
        SAID_TO_HURT,
    )


def in_list(which: ReviewList, flagged_from: int, person_id: int) -> ColumnElement[bool]:
    """Return the condition for the turns of a list; `MINE` are those of that person.

    So are the open ones, besides those that nobody has: nobody is led to what a colleague does.
    """
    theirs = reviews.c.taken_by_id == person_id
    if which is ReviewList.DONE:
        return exists().where(_OF_TURN, reviews.c.done_at.is_not(None))
    if which is ReviewList.MINE:
        return exists().where(_OF_TURN, reviews.c.done_at.is_(None), theirs)
    settled = or_(reviews.c.done_at.is_not(None), and_(reviews.c.taken_by_id.is_not(None), ~theirs))
    given = exists().where(_OF_TURN, theirs, reviews.c.done_at.is_(None))
    return and_(or_(needs_review(flagged_from), given), ~exists().where(_OF_TURN, settled))


class ReviewStore:
    """The reviews, one a turn at most."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, turn_id: int) -> Review:
        """Return what was done about a turn, if anything."""
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE, {"turn_id": turn_id})).first()
        if row is None:
            return Review(turn_id)
        by = Moderator(row.taken_by_id, row.taken_by_name) if row.taken_by_id is not None else None
        return Review(turn_id, by, row.done_at)

    async def put(self, turn_id: int, who: Moderator, act: NewAct, *, done: bool) -> Act:
        """Write who looks at a turn, or is done with it, in place of what was, on the record."""
        values = {
            "taken_by_id": who.id,
            "taken_by_name": who.name,
            "done_at": datetime.now(UTC) if done else None,
        }
        async with self._database.write() as connection:
            await connection.run_sync(upsert, reviews, {"turn_id": turn_id}, values)
            return await connection.run_sync(put_act, act)
