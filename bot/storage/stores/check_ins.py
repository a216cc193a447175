"""Moderators' check-ins: what was asked stands in the act, the answer here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Moderator, NewAct, NewPost, PostKind, PostTo
from bot.domain.moderation import CheckIn, CheckInAnswer
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.record_tables import acts
from bot.storage.database.therapy_tables import check_ins
from bot.storage.stores.acts import put_act
from bot.storage.stores.outbox import put_posts

_ALL: Final = select(
    check_ins, acts.c.by_id, acts.c.by_name, acts.c.details, acts.c.at.label("asked_at")
).join(acts, acts.c.id == check_ins.c.act_id)
_ONE: Final = _ALL.where(check_ins.c.act_id == bindparam("check_in_id"))
_WAITING: Final = (
    _ALL.where(check_ins.c.room_id == bindparam("room_id"), check_ins.c.answered_at.is_(None))
    .order_by(check_ins.c.act_id)
    .limit(1)
)
_OF_TURN: Final = _ALL.where(check_ins.c.turn_id == bindparam("turn_id")).order_by(
    check_ins.c.act_id
)
_ANSWER: Final = (
    check_ins.update()
    .where(check_ins.c.act_id == bindparam("check_in_id"), check_ins.c.answered_at.is_(None))
    .values(
        turn_id=bindparam("in_turn"),
        answer=bindparam("said"),
        answered_at=bindparam("now", type_=check_ins.c.answered_at.type),
    )
)


class CheckInStore:
    """The check-ins of all rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting = ReadCache(self._read_waiting, database.changes, "check_ins")

    async def add(self, room_id: int, act: NewAct) -> CheckIn | None:
        """Keep a check-in, on the record; None if another one waits in that room."""
        try:
            async with self._database.write() as connection:
                if (await connection.execute(_WAITING, {"room_id": room_id})).first():
                    return None
                kept = await connection.run_sync(put_act, act)
                row = {"act_id": kept.id, "room_id": room_id}
                await connection.execute(check_ins.insert().values(row))
        finally:
            self.forget_cached()
        return await self.get(kept.id)

    async def get(self, check_in_id: int) -> CheckIn | None:
        """Return the check-in of that id."""
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE, {"check_in_id": check_in_id})).first()
        return None if row is None else _check_in(row)

    async def waiting(self, room_id: int) -> CheckIn | None:
        """Return the check-in that waits in a room; asked for before each step of a turn."""
        return await self._waiting.get(room_id)

    async def of_turn(self, turn_id: int) -> Sequence[CheckIn]:
        """Return the check-ins that were answered in a turn, oldest first."""
        async with self._database.read() as connection:
            rows = await connection.execute(_OF_TURN, {"turn_id": turn_id})
            return [_check_in(row) for row in rows]

    async def answer(self, room_id: int, answer: CheckInAnswer) -> bool:
        """Keep an answer, and have it posted; False if there was one already."""
        try:
            async with self._database.write() as connection:
                return await _put_answer(connection, room_id, answer)
        finally:
            self.forget_cached()

    def forget_cached(self) -> None:
        """Read what waits anew: somebody has changed it."""
        self._waiting.forget()

    async def _read_waiting(self, room_id: int) -> CheckIn | None:
        async with self._database.read() as connection:
            row = (await connection.execute(_WAITING, {"room_id": room_id})).first()
        return None if row is None else _check_in(row)


async def _put_answer(connection: AsyncConnection, room_id: int, answer: CheckInAnswer) -> bool:
    values = {
        "check_in_id": answer.check_in_id,
        "in_turn": answer.turn_id,
        "said": answer.text,
        "now": datetime.now(UTC),
    }
    if not (await connection.execute(_ANSWER, values)).rowcount:
        return False
    post = NewPost(
        room_id, PostTo.THERAPY_ROOM, PostKind.CHECK_IN, answer.turn_id, answer.check_in_id
    )
    await connection.run_sync(put_posts, [post])
    return True


def _check_in(row: Row[Any]) -> CheckIn:
    return CheckIn(
        id=row.act_id,
        room_id=row.room_id,
        by=Moderator(row.by_id, row.by_name),
        question=str(row.details.get("question", "")),
        asked_at=row.asked_at,
        turn_id=row.turn_id,
        answer=row.answer,
        answered_at=row.answered_at,
    )
