"""The record of moderators' acts: who, what, when and why."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, exists, or_, select

from bot.domain import Act, Moderator, NewAct, NewPost, PostKind, PostTo
from bot.domain.act_details import read_details
from bot.domain.moderation import ActKind
from bot.storage.database.database import Database
from bot.storage.database.record_tables import acts
from bot.storage.database.sqlite_driver import keep_durably
from bot.storage.database.tables import turns
from bot.storage.database.upsert import insert_counted
from bot.storage.stores.outbox import put_posts

_INSERT: Final = acts.insert()
_ACTS: Final = select(acts, turns.c.number).outerjoin(turns, turns.c.id == acts.c.turn_id)
_NUMBER: Final = select(turns.c.number).where(turns.c.id == bindparam("turn_id"))
_OF_TURN: Final = _ACTS.where(acts.c.turn_id == bindparam("turn_id")).order_by(acts.c.id)
_ONE: Final = _ACTS.where(acts.c.id == bindparam("act_id"))


class ActStore:
    """The record of moderators' acts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, new: NewAct) -> Act:
        """Put an act on the record, and on its way to the moderators to whom it is shown."""
        async with self._database.write() as connection:
            return await connection.run_sync(put_act, new)

    async def find(
        self,
        guild_id: int,
        *,
        kind: str | None = None,
        by_id: int | None = None,
        room_id: int | None = None,
        turn_id: int | None = None,
        since: datetime | None = None,
        before_id: int | None = None,
        limit: int = 25,
    ) -> list[Act]:
        """Return a server's acts, newest first; for the next page ``before_id`` is the last id."""
        query = _ACTS.where(acts.c.guild_id == guild_id)
        wanted = {"kind": kind, "by_id": by_id, "room_id": room_id, "turn_id": turn_id}
        for name, value in wanted.items():
            if value is not None:
                query = query.where(acts.c[name] == value)
        if since is not None:
            query = query.where(acts.c.at >= since)
        if before_id is not None:
            query = query.where(acts.c.id < before_id)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(acts.c.id.desc()).limit(limit))
            return [_act(row) for row in rows]

    async def paused_between(
        self, guild_id: int, room_id: int, since: datetime, until: datetime
    ) -> bool:
        """Return whether somebody paused the room, or its whole server, in that time."""
        query = select(
            exists().where(
                acts.c.guild_id == guild_id,
                acts.c.kind.in_((ActKind.PAUSE, ActKind.PAUSE_SERVER)),
                or_(acts.c.room_id == room_id, acts.c.room_id.is_(None)),
                acts.c.at.between(since, until),
            )
        )
        async with self._database.read() as connection:
            return bool(await connection.scalar(query))

    async def kinds(self, guild_id: int) -> list[str]:
        """Return the kinds of acts that a server has seen, sorted."""
        query = select(acts.c.kind).where(acts.c.guild_id == guild_id).distinct()
        async with self._database.read() as connection:
            return sorted(await connection.scalars(query))

    async def of_turn(self, turn_id: int) -> list[Act]:
        """Return the acts about a turn, oldest first."""
        return await self._database.fetch(partial(acts_of, turn_id=turn_id))

    async def get(self, act_id: int) -> Act | None:
        """Return the act of that id."""
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE, {"act_id": act_id})).first()
        return None if row is None else _act(row)


def put_act(connection: Connection, new: NewAct) -> Act:
    """Put an act on the record within a transaction that writes other things too."""
    keep_durably(connection)
    now = datetime.now(UTC)
    row: dict[str, Any] = {
        "guild_id": new.guild_id,
        "room_id": new.room_id,
        "turn_id": new.turn_id,
        "by_id": new.by.id,
        "by_name": new.by.name,
        "kind": new.kind.value,
        "reason": new.reason,
        "details": new.details.as_stored(),
        "at": now,
    }
    act_id = insert_counted(connection, _INSERT, row)
    about = {"turn_id": new.turn_id}
    number = connection.scalar(_NUMBER, about) if new.turn_id is not None else None
    posts = [
        NewPost(room_id, PostTo.MODERATORS, PostKind.ACT, turn_id=new.turn_id, ref=act_id)
        for room_id in new.shown_in
    ]
    put_posts(connection, posts)
    return Act(
        id=act_id,
        guild_id=new.guild_id,
        room_id=new.room_id,
        turn_id=new.turn_id,
        by=new.by,
        kind=new.kind.value,
        reason=new.reason,
        details=new.details,
        at=now,
        number=number,
    )


def _act(row: Row[Any]) -> Act:
    return Act(
        id=row.id,
        guild_id=row.guild_id,
        room_id=row.room_id,
        turn_id=row.turn_id,
        by=Moderator(row.by_id, row.by_name),
        kind=row.kind,
        reason=row.reason,
        details=read_details(row.kind, row.details),
        at=row.at,
        number=row.number,
    )


def acts_of(connection: Connection, turn_id: int) -> list[Act]:
    """Return the acts about a turn, oldest first."""
    return [_act(row) for row in connection.execute(_OF_TURN, {"turn_id": turn_id})]
