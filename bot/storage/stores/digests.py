"""Turns that moderators are told of together, in place of a card each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import Select, bindparam, func, select

from bot.domain import NewPost, PostKind, PostTo
from bot.domain.day_look import DayLook, DayPattern, SeenPattern
from bot.domain.ratings import Digest
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import digests
from bot.storage.database.notice_tables import day_digests, day_looks
from bot.storage.database.tables import TO_DIGEST, turns
from bot.storage.database.upsert import insert_counted, insert_if_missing
from bot.storage.stores.outbox import put_posts

MOST_TURNS: Final = 20
"""Turns of one digest: a line each, which Discord's bounds of a message have room for."""

_INSERT: Final = digests.insert()
_ROOMS: Final = (
    select(turns.c.room_id, func.min(turns.c.changed_at))
    .where(TO_DIGEST)
    .group_by(turns.c.room_id)
    .order_by(turns.c.room_id)
)
_DUE: Final = (
    select(turns.c.id)
    .where(turns.c.room_id == bindparam("room_id"), TO_DIGEST)
    .order_by(turns.c.id)
    .limit(MOST_TURNS)
)
_OF_DIGEST: Final = (
    select(turns.c.id).where(turns.c.digest_id == bindparam("digest_id")).order_by(turns.c.id)
)


class DigestStore:
    """The digests, and the turns that wait for one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rooms_waiting(self) -> list[tuple[int, datetime]]:
        """Return the rooms with turns that wait for a digest, and since when the oldest does."""
        async with self._database.read() as connection:
            return [(row[0], row[1]) for row in await connection.execute(_ROOMS)]

    async def make(self, room_id: int) -> bool:
        """Put the turns that wait into a digest on its way, and return whether there were any."""
        async with self._database.write() as connection:
            turn_ids = list(await connection.scalars(_DUE, {"room_id": room_id}))
            if not turn_ids:
                return False
            values = {"room_id": room_id, "made_at": datetime.now(UTC)}
            digest_id = await connection.run_sync(insert_counted, _INSERT, values)
            change = turns.update().where(turns.c.id.in_(turn_ids))
            await connection.execute(change.values(digest_due=False, digest_id=digest_id))
            post = NewPost(room_id, PostTo.MODERATORS, PostKind.DIGEST, ref=digest_id)
            await connection.run_sync(put_posts, [post])
        return True

    async def make_day(self, room_id: int, until: datetime) -> bool:
        """Put the digest of the day that ends then on its way, unless it was, or nothing was said.

        Return whether it is.
        """
        key = {"room_id": room_id, "day": until.date()}
        ref = int(until.timestamp())
        async with self._database.write() as connection:
            if await connection.scalar(_said(room_id, until)) is None:
                return False
            if not await connection.run_sync(insert_if_missing, day_digests, key):
                return False
            await connection.run_sync(
                put_posts, [NewPost(room_id, PostTo.MODERATORS, PostKind.DAY, ref=ref)]
            )
        return True

    async def is_day_due(self, room_id: int, until: datetime) -> bool:
        """Return whether the day that ends then has no digest yet, and something was said."""
        known = select(day_digests.c.room_id).where(
            day_digests.c.room_id == room_id, day_digests.c.day == until.date()
        )
        async with self._database.read() as connection:
            if await connection.scalar(known) is not None:
                return False
            return await connection.scalar(_said(room_id, until)) is not None

    async def keep_look(self, room_id: int, until: datetime, look: DayLook) -> None:
        """Keep what the Critic says of the day that ends then, if nothing is kept of it yet."""
        values = {
            "safe": look.safe,
            "ethical": look.ethical,
            "good": look.good,
            "seen": {one.pattern.value: one.replies for one in look.seen},
            "method": look.method,
            "model": look.model,
        }
        key = {"room_id": room_id, "day": until.date()}
        async with self._database.write() as connection:
            await connection.run_sync(insert_if_missing, day_looks, key, values)

    async def look_of(self, room_id: int, until: datetime) -> DayLook | None:
        """Return what the Critic says of the day that ends then, if it was asked."""
        query = select(day_looks).where(
            day_looks.c.room_id == room_id, day_looks.c.day == until.date()
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        seen = tuple(
            SeenPattern(pattern=DayPattern(name), replies=tuple(numbers))
            for name, numbers in row.seen.items()
        )
        return DayLook(
            safe=row.safe,
            ethical=row.ethical,
            good=row.good,
            seen=seen,
            method=row.method,
            model=row.model,
        )

    async def get(self, digest_id: int) -> Digest | None:
        """Return the digest of that id, with its turns."""
        query = select(digests).where(digests.c.id == digest_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
            ids = tuple(await connection.scalars(_OF_DIGEST, {"digest_id": digest_id}))
        return None if row is None else Digest(row.id, row.room_id, ids, row.made_at)


def _said(room_id: int, until: datetime) -> Select[tuple[int]]:
    """Return the question for a turn of the day that ends then."""
    return (
        select(turns.c.id)
        .where(
            turns.c.room_id == room_id,
            turns.c.created_at >= until - timedelta(days=1),
            turns.c.created_at < until,
        )
        .limit(1)
    )
