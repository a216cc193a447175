"""The end of what was said: words and names go, figures stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import EvaluationState, TurnState
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import ratings, verdicts
from bot.storage.database.tables import evaluations, messages, rewards, turns, utterances

AT_ONCE: Final = 100
"""Turns in one transaction: some milliseconds, for which a reply may have to wait."""
NOBODY: Final = 0
"""The author of a message that is forgotten."""

_OLD_TURNS: Final = (
    select(turns.c.id)
    .where(
        turns.c.room_id == bindparam("room_id"),
        turns.c.id > bindparam("after"),
        turns.c.created_at < bindparam("before", type_=UtcDateTime),
        turns.c.state.in_((TurnState.SENT, TurnState.WITHHELD, TurnState.HELPED)),
        turns.c.evaluation != EvaluationState.PENDING,
    )
    .order_by(turns.c.id)
    .limit(AT_ONCE)
)
_OLD_ASIDE: Final = (
    select(messages.c.id)
    .where(
        messages.c.room_id == bindparam("room_id"),
        messages.c.turn_id.is_(None),
        messages.c.set_aside_at.is_not(None),
        messages.c.sent_at < bindparam("before", type_=UtcDateTime),
        messages.c.author_id != NOBODY,
    )
    .limit(AT_ONCE)
)
# The row stays: its id tells that it was heard, and what was said is in no other column.
_UNSAID: Final = {"author_id": NOBODY, "author_name": "someone", "text": "(no longer kept)"}
_UNWRITTEN: Final = dict.fromkeys(("draft", "candidate", "reply", "withheld_because"))


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The counts of one transaction. ``after`` is where the next goes on; None if none is left."""

    turns: int
    messages: int
    after: int | None


class RetentionStore:
    """The way of people's and agents' words out of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def forget(self, room_id: int, before: datetime, *, after: int = 0) -> Forgotten:
        """Forget what the room's turns from before that moment say: a number of them at most.

        Turns up to ``after`` are passed over. What waits for an answer or a score is kept until
        it has it.
        """
        keys = {"room_id": room_id, "before": before}
        async with self._database.write() as connection:
            old = list(await connection.scalars(_OLD_TURNS, {**keys, "after": after}))
            aside = list(await connection.scalars(_OLD_ASIDE, keys))
            if old:
                await _forget_turns(connection, old)
            if aside:
                await connection.execute(
                    messages.update().where(messages.c.id.in_(aside)).values(_UNSAID)
                )
        full = AT_ONCE in (len(old), len(aside))
        return Forgotten(len(old), len(aside), max([after, *old]) if full else None)


async def _forget_turns(connection: AsyncConnection, ids: Sequence[int]) -> None:
    await connection.execute(messages.update().where(messages.c.turn_id.in_(ids)).values(_UNSAID))
    await connection.execute(turns.update().where(turns.c.id.in_(ids)).values(_UNWRITTEN))
    await connection.execute(utterances.delete().where(utterances.c.turn_id.in_(ids)))
    for table in (evaluations, rewards, verdicts):
        await connection.execute(table.update().where(table.c.turn_id.in_(ids)).values(reason=""))
    await connection.execute(ratings.update().where(ratings.c.turn_id.in_(ids)).values(why=""))
