"""The posts in Discord that show what is forgotten: each is put into the outbox to be taken away.

So their removal survives a restart, goes out in order, and is tried again where Discord fails.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import NewPost, PostKind, PostTo
from bot.storage.database.notice_tables import score_lines, score_lists, shown_messages
from bot.storage.database.tables import IN_THREAD, outbox, reply_posts, rooms, turns
from bot.storage.database.therapy_tables import therapy_threads
from bot.storage.stores.outbox import put_posts

RENDERED_ANEW: Final = (PostKind.CARD, PostKind.LINE, PostKind.DIGEST, PostKind.ACT)
"""Posts that are rendered from the record when due: one on its way shows nothing forgotten."""

_WITH_MODERATORS: Final = [place for place in PostTo if place.value in ("moderators", "call")]


class PostPlace(NamedTuple):
    """The place of one message to delete, or of all own ones after another up to it."""

    channel_id: int
    after: int | None = None

    def as_text(self) -> str:
        """Return the place as the outbox has it."""
        return f"{self.channel_id}" if self.after is None else f"{self.channel_id}:{self.after}"

    @classmethod
    def from_text(cls, text: str) -> PostPlace:
        """Return the place from the outbox. Raises ValueError for a text that is none."""
        channel, _, after = text.partition(":")
        return cls(int(channel), int(after) if after else None)


def removal(room_id: int, message_id: int, place: PostPlace) -> NewPost:
    """Return the post by which a message is taken away."""
    text = place.as_text()
    return NewPost(room_id, PostTo.ERASURE, PostKind.REMOVAL, ref=message_id, text=text)


async def remove_posts_of_turns(
    connection: AsyncConnection, turn_ids: Sequence[int], replies_of: Iterable[int]
) -> int:
    """Have all posts about these turns taken away or shown anew; return how many there are.

    ``replies_of`` are the turns whose replies in the Chat Room go too.
    """
    posts = [
        *await _thread_posts(connection, turn_ids),
        *await _moderator_posts(connection, turn_ids),
        *await _cards(connection, turn_ids),
        *await _lists(connection, turn_ids),
        *await _digests(connection, turn_ids),
        *await _replies(connection, sorted(replies_of)),
    ]
    await connection.run_sync(put_posts, posts)
    await connection.execute(
        outbox.delete().where(
            outbox.c.turn_id.in_(turn_ids),
            outbox.c.done_at.is_(None),
            outbox.c.kind.not_in(RENDERED_ANEW),
            outbox.c.place != PostTo.ERASURE,
        )
    )
    return len(posts)


async def remove_posts(connection: AsyncConnection, which: ColumnElement[bool]) -> int:
    """Have the delivered posts in the moderator channels that fit taken away."""
    posts = [
        removal(row.room_id, row.message_id, PostPlace(row.moderator_channel_id))
        for row in await _delivered(connection, and_(outbox.c.place.in_(_WITH_MODERATORS), which))
    ]
    await connection.run_sync(put_posts, posts)
    return len(posts)


async def _delivered(
    connection: AsyncConnection, which: ColumnElement[bool]
) -> Sequence[Row[*tuple[Any, ...]]]:
    query = (
        select(outbox, rooms.c.moderator_channel_id)
        .join(rooms, rooms.c.id == outbox.c.room_id)
        .where(outbox.c.message_id.is_not(None), which)
    )
    return (await connection.execute(query.order_by(outbox.c.id))).all()


async def _thread_posts(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[NewPost]:
    """Return a removal for each run of a turn's posts in a thread, up to the last of the run.

    A session may be posted among the posts of another, which stay: a reply that is sent late, or
    an answer to a moderator, comes behind the session that followed. No removal is of two turns,
    as it looks through so many messages only.
    """
    own = {*turn_ids}
    posts = []
    for room_id, first, up_to in await _rooms_with_thread_posts(connection, turn_ids):
        query = (
            select(outbox.c.message_id, outbox.c.turn_id, turns.c.created_at)
            .outerjoin(turns, turns.c.id == outbox.c.turn_id)
            .where(
                IN_THREAD, outbox.c.room_id == room_id, outbox.c.message_id.between(first, up_to)
            )
            .order_by(outbox.c.message_id)
        )
        rows = (await connection.execute(query)).all()
        days = {began.astimezone(UTC).date() for _, turn_id, began in rows if turn_id in own}
        threads = await _threads_of(connection, room_id, days)
        before = last = await _last_before(connection, room_id, first)
        of_run: int | None = None
        runs: dict[PostPlace, int] = {}
        for message_id, turn_id, began in rows:
            if turn_id != of_run:
                of_run, before = turn_id, last
            last = message_id
            if turn_id not in own:
                continue
            if thread_id := threads.get(began.astimezone(UTC).date()):
                runs[PostPlace(thread_id, before or thread_id)] = message_id
        posts += [removal(room_id, end, place) for place, end in runs.items()]
    return posts


async def _rooms_with_thread_posts(
    connection: AsyncConnection, turn_ids: Sequence[int]
) -> Sequence[Row[int, int, int]]:
    """Return each room of the turns with the first and the last of their posts in its threads."""
    query = select(
        outbox.c.room_id, func.min(outbox.c.message_id), func.max(outbox.c.message_id)
    ).where(IN_THREAD, outbox.c.turn_id.in_(turn_ids))
    return (await connection.execute(query.group_by(outbox.c.room_id))).all()


async def _threads_of(
    connection: AsyncConnection, room_id: int, days: Collection[date]
) -> dict[date, int]:
    """Return a room's threads of these days."""
    query = select(therapy_threads.c.day, therapy_threads.c.thread_id).where(
        therapy_threads.c.room_id == room_id, therapy_threads.c.day.in_(days)
    )
    return {row.day: row.thread_id for row in await connection.execute(query)}


async def _last_before(connection: AsyncConnection, room_id: int, message_id: int) -> int | None:
    """Return the last message in the room's threads before that one."""
    last: int | None = await connection.scalar(
        select(func.max(outbox.c.message_id)).where(
            IN_THREAD, outbox.c.room_id == room_id, outbox.c.message_id < message_id
        )
    )
    return last


async def _moderator_posts(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[NewPost]:
    which = and_(
        outbox.c.turn_id.in_(turn_ids),
        outbox.c.place.in_(_WITH_MODERATORS),
        outbox.c.kind.not_in((PostKind.CARD, PostKind.LINE, PostKind.DIGEST)),
    )
    return [
        removal(row.room_id, row.message_id, PostPlace(row.moderator_channel_id))
        for row in await _delivered(connection, which)
    ]


async def _cards(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[NewPost]:
    query = (
        select(turns.c.room_id, turns.c.id)
        .join(shown_messages, shown_messages.c.turn_id == turns.c.id)
        .where(turns.c.id.in_(turn_ids), shown_messages.c.kind == PostKind.CARD)
    )
    return [
        NewPost(row.room_id, PostTo.ERASURE, PostKind.RENEWAL, turn_id=row.id)
        for row in await connection.execute(query)
    ]


async def _lists(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[NewPost]:
    """Return a post for each rolling list with one of the turns, which has it shown anew."""
    query = (
        select(score_lists.c.room_id, func.min(score_lines.c.turn_id).label("turn_id"))
        .join(score_lines, score_lines.c.list_id == score_lists.c.id)
        .where(score_lines.c.turn_id.in_(turn_ids), score_lists.c.message_id.is_not(None))
        .group_by(score_lists.c.id, score_lists.c.room_id)
    )
    return [
        NewPost(row.room_id, PostTo.ERASURE, PostKind.LINE, turn_id=row.turn_id)
        for row in await connection.execute(query)
    ]


async def _digests(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[NewPost]:
    digest_ids = select(turns.c.digest_id).where(
        turns.c.id.in_(turn_ids), turns.c.digest_id.is_not(None)
    )
    which = and_(outbox.c.kind == PostKind.DIGEST, outbox.c.ref.in_(digest_ids))
    return [
        NewPost(
            row.room_id,
            PostTo.ERASURE,
            PostKind.RENEWAL,
            ref=row.ref,
            text=str(row.message_id),
        )
        for row in await _delivered(connection, which)
    ]


async def _replies(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[NewPost]:
    query = (
        select(turns.c.room_id, reply_posts.c.message_id)
        .join(turns, turns.c.id == reply_posts.c.turn_id)
        .where(reply_posts.c.turn_id.in_(turn_ids), turns.c.reply_deleted_at.is_(None))
        .order_by(reply_posts.c.message_id)
    )
    posts = [
        removal(row.room_id, row.message_id, PostPlace(row.room_id))
        for row in await connection.execute(query)
    ]
    change = turns.update().where(turns.c.id.in_(turn_ids), turns.c.reply_deleted_at.is_(None))
    await connection.execute(change.values(reply_deleted_at=datetime.now(UTC)))
    return posts
