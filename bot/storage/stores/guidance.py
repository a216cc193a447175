"""Moderators' words for the sessions to come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, bindparam, false, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Guidance, Moderator, NewAct
from bot.domain.act_details import GuideDetails
from bot.storage.database.cache import ReadCache
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import guidance, guidance_heard
from bot.storage.database.upsert import insert_counted
from bot.storage.stores.acts import put_act

ResultT = TypeVar("ResultT")

_INSERT: Final = guidance.insert()
_ONE: Final = select(guidance).where(guidance.c.id == bindparam("guidance_id"))
_IN_FORCE: Final = (
    select(guidance)
    .where(
        guidance.c.room_id == bindparam("room_id"),
        guidance.c.turns_left > 0,
        guidance.c.withdrawn.is_(false()),
    )
    .order_by(guidance.c.id)
)
_INSERT_HEARD: Final = guidance_heard.insert()
_HEARD: Final = select(guidance_heard.c.guidance_id).where(
    guidance_heard.c.turn_id == bindparam("turn_id")
)
_HEARD_IN: Final = (
    select(guidance)
    .join(guidance_heard, guidance_heard.c.guidance_id == guidance.c.id)
    .where(guidance_heard.c.turn_id == bindparam("turn_id"))
    .order_by(guidance_heard.c.guidance_id)
)
_COUNT_DOWN: Final = (
    guidance.update()
    .where(guidance.c.turns_left > 0, guidance.c.id.in_(_HEARD))
    .values(turns_left=guidance.c.turns_left - 1)
)


class GuidanceStore:
    """Moderators' guidance, in force and not."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._in_force = ReadCache(self._read_in_force, database.changes, "guidance")

    async def add(self, new: Guidance, act: NewAct) -> Guidance:
        """Keep a moderator's words, on the record, and return them with their id."""
        values = {
            "room_id": new.room_id,
            "by_id": new.by.id,
            "by_name": new.by.name,
            "text": new.text,
            "created_at": new.created_at,
            "turns_left": new.turns_left,
            "withdrawn": False,
        }
        async with self.changing() as connection:
            guidance_id = await connection.run_sync(insert_counted, _INSERT, values)
            details = GuideDetails(new.text, new.turns_left, guidance_id)
            await connection.run_sync(put_act, replace(act, details=details))
        return replace(new, id=guidance_id)

    async def get(self, guidance_id: int) -> Guidance | None:
        """Return the guidance of that id, in force or not."""
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE, {"guidance_id": guidance_id})).first()
        return None if row is None else _guidance(row)

    async def in_force(self, room_id: int) -> tuple[Guidance, ...]:
        """Return a room's guidance that has turns left and is not withdrawn, oldest first."""
        return await self._in_force.get(room_id)

    async def heard_in(self, turn_id: int) -> tuple[Guidance, ...]:
        """Return the guidance that took part in a turn."""
        return await self._database.fetch(partial(heard_in, turn_id=turn_id))

    async def withdraw(self, guidance_id: int, act: NewAct) -> bool:
        """End a guidance, on the record; return False if it is not in force."""
        change = guidance.update().where(
            guidance.c.id == guidance_id,
            guidance.c.turns_left > 0,
            guidance.c.withdrawn.is_(false()),
        )
        async with self.changing() as connection:
            ended = (await connection.execute(change.values(withdrawn=True))).rowcount
            if ended:
                await connection.run_sync(put_act, act)
        return bool(ended)

    def forget_cached(self) -> None:
        """Read what is in force anew: somebody else has changed it."""
        self._in_force.forget()

    def may_be_in_force(self, room_id: int) -> bool:
        """Return whether a room may have guidance that counts its turns down, as far as is known.

        What was heard in a turn and is in force no more has nothing to count.
        """
        return self._in_force.known(room_id) != ()

    async def transact(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Do ``work`` as `Database.transact` does; what is in force is not as it was after it."""
        try:
            return await self._database.transact(work)
        finally:
            self._in_force.forget()

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction after which what is in force is not as it was."""
        try:
            async with self._database.write() as connection:
                yield connection
        finally:
            self._in_force.forget()

    async def _read_in_force(self, room_id: int) -> tuple[Guidance, ...]:

        def read(connection: Connection) -> tuple[Guidance, ...]:
            rows = connection.execute(_IN_FORCE, {"room_id": room_id})
            return tuple(_guidance(row) for row in rows)

        return await self._database.fetch(read)


def note_heard(
    connection: Connection, turn_id: int, guidance_ids: Sequence[int], *, ends: bool
) -> None:
    """Note that guidance took part in a turn, within the transaction of the step.

    Where the turn ``ends`` with it, one turn is taken off all that it has heard.
    """
    if guidance_ids:
        noted = heard_ids(connection, turn_id)
        for guidance_id in set(guidance_ids) - noted:
            row = {"turn_id": turn_id, "guidance_id": guidance_id}
            connection.execute(_INSERT_HEARD, row)
    if ends:
        connection.execute(_COUNT_DOWN, {"turn_id": turn_id})


def heard_ids(connection: Connection, turn_id: int) -> frozenset[int]:
    """Return the ids of the guidance that took part in a turn."""
    return frozenset(connection.scalars(_HEARD, {"turn_id": turn_id}))


def heard_in(connection: Connection, turn_id: int) -> tuple[Guidance, ...]:
    """Return the guidance that took part in a turn."""
    rows = connection.execute(_HEARD_IN, {"turn_id": turn_id})
    return tuple(_guidance(row) for row in rows)


def _guidance(row: Row[Any]) -> Guidance:
    return Guidance(
        id=row.id,
        room_id=row.room_id,
        by=Moderator(row.by_id, row.by_name),
        text=row.text,
        created_at=row.created_at,
        turns_left=row.turns_left,
        withdrawn=row.withdrawn,
    )
