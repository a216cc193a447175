"""The joining of messages to a turn that has waited, and that nothing was written for yet."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import and_, bindparam, select

from bot.domain import Turn, TurnState
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, turns
from bot.storage.stores.turn_rows import people_of
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
    """The messages that join a turn."""

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
