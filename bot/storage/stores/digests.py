"""Turns that moderators are told of together, in place of a card each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select

from bot.domain import NewPost, PostKind, PostTo
from bot.domain.ratings import Digest
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import digests
from bot.storage.database.notice_tables import day_digests
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
        said = select(turns.c.id).where(
            turns.c.room_id == room_id,
            turns.c.created_at >= until - timedelta(days=1),
            turns.c.created_at < until,
        )
        ref = int(until.timestamp())
        async with self._database.write() as connection:
            if not await connection.run_sync(insert_if_missing, day_digests, key):
                return False
            if await connection.scalar(said.limit(1)) is None:
                return False
            await connection.run_sync(
                put_posts, [NewPost(room_id, PostTo.MODERATORS, PostKind.DAY, ref=ref)]
            )
        return True

    async def get(self, digest_id: int) -> Digest | None:
        """Return the digest of that id, with its turns."""
        query = select(digests).where(digests.c.id == digest_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
            ids = tuple(await connection.scalars(_OF_DIGEST, {"digest_id": digest_id}))
        return None if row is None else Digest(row.id, row.room_id, ids, row.made_at)
