"""The Discord posts that nobody in the Chat Room waits for, until they are delivered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select

from bot.domain import NewPost, Post, PostKind, PostTo
from bot.storage.database.database import Database
from bot.storage.database.tables import WAITING, outbox

_INSERT: Final = outbox.insert().returning(outbox.c.id, sort_by_parameter_order=True)
_WAITING_HERE: Final = (
    select(outbox)
    .where(outbox.c.room_id == bindparam("room_id"), outbox.c.place == bindparam("place"), WAITING)
    .order_by(outbox.c.id)
)
_BEHIND: Final = _WAITING_HERE.where(
    outbox.c.id > bindparam("after"), outbox.c.kind != PostKind.LINE
).limit(bindparam("most"))
_TIE: Final = (
    outbox.update()
    .where(outbox.c.id.in_(bindparam("post_ids", expanding=True)))
    .values(ref=bindparam("first"))
)
_WAS_PUT: Final = (
    select(outbox.c.id)
    .where(outbox.c.turn_id == bindparam("turn_id"), outbox.c.kind == bindparam("kind"))
    .limit(1)
)
_MESSAGES_BEFORE: Final = select(outbox.c.message_id).where(
    outbox.c.turn_id == bindparam("turn_id"),
    outbox.c.kind == bindparam("kind"),
    outbox.c.id < bindparam("before"),
    outbox.c.message_id.is_not(None),
)
_NEXT: Final = _WAITING_HERE.limit(1)
_PLACES: Final = (
    select(outbox.c.room_id, outbox.c.place)
    .where(WAITING)
    .distinct()
    .order_by(outbox.c.room_id, outbox.c.place)
)
_WAITING_IN_ROOM: Final = (
    select(outbox)
    .where(outbox.c.room_id == bindparam("room_id"), WAITING)
    .order_by(outbox.c.place, outbox.c.id)
    .limit(bindparam("most"))
)
_WAITING: Final = (
    select(func.count())
    .select_from(outbox)
    .where(outbox.c.room_id == bindparam("room_id"), WAITING)
)
_OLDEST: Final = (
    select(outbox.c.room_id, outbox.c.place, func.min(outbox.c.created_at).label("since"))
    .where(WAITING)
    .group_by(outbox.c.room_id, outbox.c.place)
)
_DELIVERED: Final = (
    outbox.update()
    .where(outbox.c.id == bindparam("post_id"), WAITING)
    .values(
        tries=outbox.c.tries + 1,
        error=None,
        done_at=bindparam("now"),
        message_id=bindparam("as_message"),
    )
)
_FAILED: Final = (
    outbox.update()
    .where(outbox.c.id == bindparam("post_id"), WAITING)
    .values(tries=outbox.c.tries + 1, error=bindparam("why"), done_at=bindparam("ended"))
)


class Outbox:
    """The posts on their way to the Therapy Room and to the moderators."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.on_put: Callable[[int, Sequence[Post] | None], None] = _tell_nobody
        """Called with a room's id and the posts that were put there; None: it has to be read."""

    def announce(self, room_id: int, posts: Sequence[Post] | None) -> None:
        """Tell of posts that a transaction has put for a room; None where they are not known."""
        self.on_put(room_id, posts)

    async def add(self, posts: Sequence[NewPost]) -> None:
        """Put posts into the outbox, in this order."""
        async with self._database.write() as connection:
            await connection.run_sync(put_posts, posts)
        for room_id in {post.room_id for post in posts}:
            self.announce(room_id, None)

    async def next(self, room_id: int, to: PostTo) -> Post | None:
        """Return the post that goes to that place next: the oldest that waits."""
        keys = {"room_id": room_id, "place": to}

        def read(connection: Connection) -> Post | None:
            row = connection.execute(_NEXT, keys).first()
            return None if row is None else _post(row)

        await self._database.flush()
        return await self._database.fetch(read)

    async def behind(self, post: Post, most: int) -> list[Post]:
        """Return the posts of its kind that wait right behind a post.

        Nothing stands in between but lines of a rolling list, for which the order does not matter.
        Those that are tied to another post are left out, with what stands behind them.
        """
        keys = {"room_id": post.new.room_id, "place": post.new.to, "after": post.id, "most": most}

        def read(connection: Connection) -> list[Post]:
            rows = connection.execute(_BEHIND, keys)
            return list(takewhile(lambda one: _is_alike(one, post), map(_post, rows)))

        return await self._database.fetch(read)

    async def tie(self, posts: Sequence[Post]) -> None:
        """Have posts go out in one message from now on, at whatever try, and no others with them.

        Their `ref` becomes the id of the first.
        """
        values = {"post_ids": [post.id for post in posts], "first": posts[0].id}

        def write(connection: Connection) -> None:
            connection.execute(_TIE, values)

        await self._database.transact(write)

    async def tied(self, post: Post) -> list[Post]:
        """Return the posts that go out in one message with a post, itself included."""
        keys = {"room_id": post.new.room_id, "place": post.new.to}
        query = _WAITING_HERE.where(outbox.c.kind == post.new.kind, outbox.c.ref == post.new.ref)
        async with self._database.read() as connection:
            return [_post(row) for row in await connection.execute(query, keys)]

    async def delivered(self, post_id: int, message_id: int) -> None:
        """Note that a post is out, as that message."""
        values = {"post_id": post_id, "as_message": message_id, "now": datetime.now(UTC)}

        def write(connection: Connection) -> None:
            connection.execute(_DELIVERED, values)

        await self._database.transact(write)

    def delivered_soon(self, post_id: int, message_id: int) -> None:
        """Note the same with the next transaction, or within moments.

        For posts that a crash in between sends once more only to find them there.
        """
        values = {"post_id": post_id, "as_message": message_id, "now": datetime.now(UTC)}
        self._database.write_soon(_DELIVERED, values)

    async def failed(self, post_id: int, *, give_up: bool, error: str) -> None:
        """Note that a post could not be delivered; given up, it does not wait any more."""
        ended = datetime.now(UTC) if give_up else None
        values = {"post_id": post_id, "why": error, "ended": ended}
        async with self._database.write() as connection:
            await connection.execute(_FAILED, values)

    async def was_put(self, turn_id: int, kind: PostKind) -> bool:
        """Return whether there was ever a post of that kind about a turn."""
        return await self._database.fetch(lambda look: was_put(look, turn_id, kind))

    async def messages_before(self, post: Post) -> frozenset[int]:
        """Return the ids of the messages in which earlier posts of its kind showed its turn."""
        keys = {"turn_id": post.new.turn_id, "kind": post.new.kind, "before": post.id}
        await self._database.flush()
        async with self._database.read() as connection:
            return frozenset(await connection.scalars(_MESSAGES_BEFORE, keys))

    async def waiting(self, room_id: int) -> int:
        """Return how many posts of a room are not delivered and not given up."""
        await self._database.flush()
        async with self._database.read() as connection:
            return await connection.scalar(_WAITING, {"room_id": room_id}) or 0

    async def places_with_work(self) -> list[tuple[int, PostTo]]:
        """Return the rooms and places for which posts wait."""
        await self._database.flush()
        async with self._database.read() as connection:
            return [(row.room_id, row.place) for row in await connection.execute(_PLACES)]

    async def waiting_in(self, room_id: int, most: int) -> list[Post]:
        """Return the posts of a room that wait, by place and in order."""
        keys = {"room_id": room_id, "most": most}

        def read(connection: Connection) -> list[Post]:
            return [_post(row) for row in connection.execute(_WAITING_IN_ROOM, keys)]

        await self._database.flush()
        return await self._database.fetch(read)

    async def oldest(self) -> list[tuple[int, PostTo, datetime]]:
        """Return the rooms and places for which posts wait, each with its oldest post's time."""
        async with self._database.read() as connection:
            rows = await connection.execute(_OLDEST)
            return [(row.room_id, row.place, row.since) for row in rows]


def put_posts(connection: Connection, posts: Sequence[NewPost]) -> list[Post]:
    """Put posts into the outbox within a transaction that writes other things too; return them."""
    if not posts:
        return []
    now = datetime.now(UTC)
    rows = [
        {
            "room_id": post.room_id,
            "place": post.to,
            "kind": post.kind,
            "turn_id": post.turn_id,
            "ref": post.ref,
            "text": post.text,
            "tries": 0,
            "created_at": now,
        }
        for post in posts
    ]
    # One row goes another, cheaper way through the driver than a list of one.
    ids = connection.scalars(_INSERT, rows if len(rows) > 1 else rows[0]).all()
    return [
        Post(id=post_id, new=post, tries=0, created_at=now)
        for post_id, post in zip(ids, posts, strict=True)
    ]


def was_put(connection: Connection, turn_id: int, kind: PostKind) -> bool:
    """Return whether there was ever a post of that kind about a turn, within a wider look."""
    return connection.scalar(_WAS_PUT, {"turn_id": turn_id, "kind": kind}) is not None


def _tell_nobody(room_id: int, posts: Sequence[Post] | None) -> None:
    """Stand in for whoever takes posts to where they go."""


def _is_alike(one: Post, post: Post) -> bool:
    return one.new.kind is post.new.kind and one.new.ref is None


def _post(row: Row[Any]) -> Post:
    new = NewPost(
        room_id=row.room_id,
        to=row.place,
        kind=row.kind,
        turn_id=row.turn_id,
        ref=row.ref,
        text=row.text,
    )
    return Post(id=row.id, new=new, tries=row.tries, created_at=row.created_at)
