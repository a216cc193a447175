"""Turns that are taken up again: with messages that join one, or after one ran out of time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import and_, bindparam, exists, select

from bot.domain import EvaluationState, NewAct, Turn, TurnState
from bot.domain.transitions import check_transition
from bot.storage.database.database import Database
from bot.storage.database.tables import OPEN, evaluations, messages, reply_posts, turns
from bot.storage.stores.acts import put_act
from bot.storage.stores.turn_rows import people_of, values_of
from bot.storage.stores.turns import StaleTurn

_WAITING: Final = and_(
    messages.c.room_id == bindparam("of_room"),
    messages.c.turn_id.is_(None),
    messages.c.set_aside_at.is_(None),
)
_PENDING: Final = select(messages.c.id).where(_WAITING).order_by(messages.c.id)
_AUTHORS: Final = select(messages.c.author_id, messages.c.limit_exempt).where(
    messages.c.turn_id == bindparam("of_turn")
)


class JoiningStore:
    """The messages that join a turn, and the turns that are tried again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def join(self, turn: Turn, only: Collection[int] | None = None) -> Turn:
        """Have a claimed turn answer what waits in its room too; return it as it is then.

        ``only`` are the messages that may join, where not all. Raises StaleTurn.
        """
        async with self._database.write() as connection:
            waiting = await connection.scalars(_PENDING, {"of_room": turn.room_id})
            ids = [one for one in waiting if only is None or one in only]
            if not ids:
                return turn
            joined = await connection.execute(
                turns.update()
                .where(turns.c.id == turn.id, turns.c.version == turn.version)
                .where(turns.c.state == TurnState.CLAIMED)
                .values(version=turn.version + 1)
            )
            if joined.rowcount != 1:
                raise StaleTurn(f"turn {turn.id} has moved on")
            claim = messages.update().where(messages.c.id.in_(ids)).values(turn_id=turn.id)
            await connection.execute(claim)
            authors = (await connection.execute(_AUTHORS, {"of_turn": turn.id})).all()
        people = people_of((row.author_id, row.limit_exempt) for row in authors)
        message_ids = tuple(sorted({*turn.message_ids, *ids}))
        return replace(turn, message_ids=message_ids, people=people, version=turn.version + 1)

    async def try_again(self, turn: Turn, act: NewAct) -> Turn:
        """Open a turn that ran out of time again, where it was, on the record; return it.

        Its scores are dropped: it gets others. Raises StaleTurn where it has moved on, or another
        turn of its room is under way.
        """
        again = replace(
            turn,
            state=turn.retry_from or TurnState.CLAIMED,
            evaluation=EvaluationState.NONE,
            reply_message_ids=(),
            delivery_tries=0,
            withheld_because=None,
            replied_at=None,
            began_at=datetime.now(UTC),
            retry_from=None,
            retried=True,
            version=turn.version + 1,
        )
        check_transition(turn.state, again.state)
        other = exists().where(turns.c.room_id == turn.room_id, OPEN)
        change = turns.update().where(turns.c.id == turn.id, turns.c.version == turn.version)
        change = change.where(turns.c.retry_from.is_not(None))
        values = {**values_of(again), "evaluation_failure": None, "digest_due": False}
        async with self._database.write() as connection:
            if await connection.scalar(select(other)):
                raise StaleTurn(f"another turn of room {turn.room_id} is under way")
            if (await connection.execute(change.values(values))).rowcount != 1:
                raise StaleTurn(f"turn {turn.id} cannot be tried again")
            await connection.execute(reply_posts.delete().where(reply_posts.c.turn_id == turn.id))
            scored = and_(evaluations.c.turn_id == turn.id, evaluations.c.rater == "critic")
            await connection.execute(evaluations.delete().where(scored))
            await connection.run_sync(put_act, act)
        return again
