from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.domain import PostTo
from bot.storage.database.database import Database
from bot.storage.database.tables import outbox
from bot.storage.stores.stores import Stores
from tests.storage.samples import OTHER_ROOM, ROOM, notice


async def delivered_texts(stores: Stores, to: PostTo = PostTo.MODERATORS) -> list[str]:
    """Delivers all that waits for that place of the first room."""
    texts: list[str] = []
    while post := await stores.outbox.next(ROOM.id, to):
        texts.append(post.new.text)
        await stores.outbox.delivered(post.id, 1000 + post.id)
    return texts


async def test_posts_to_a_place_go_out_in_order(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    await stores.outbox.add([notice("a"), notice("x", to=PostTo.THERAPY_ROOM), notice("b")])
    await stores.outbox.add([])
    await stores.outbox.add([notice("y", room_id=OTHER_ROOM.id), notice("c")])
    assert await delivered_texts(stores) == ["a", "b", "c"]
    assert await delivered_texts(stores, PostTo.THERAPY_ROOM) == ["x"]


async def test_a_post_comes_as_it_was_put(stores: Stores) -> None:
    before = datetime.now(UTC)
    await stores.outbox.add([notice("hello")])
    post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert post is not None
    assert (post.new, post.tries) == (notice("hello"), 0)
    assert before <= post.created_at <= datetime.now(UTC)


async def test_a_failed_post_stays_first_until_it_is_given_up(stores: Stores) -> None:
    await stores.outbox.add([notice("a"), notice("b")])
    first = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert first is not None
    await stores.outbox.failed(first.id, give_up=False, error="503")
    again = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
    assert again is not None
    assert (again.id, again.tries) == (first.id, 1)
    await stores.outbox.failed(first.id, give_up=True, error="gone")
    assert await delivered_texts(stores) == ["b"]


@pytest.mark.postgres
async def test_what_became_of_a_post_is_kept(stores: Stores, database: Database) -> None:
    await stores.outbox.add([notice("out"), notice("lost")])
    for give_up in (False, True):
        post = await stores.outbox.next(ROOM.id, PostTo.MODERATORS)
        assert post is not None
        if give_up:
            await stores.outbox.failed(post.id, give_up=True, error="gone")
        else:
            await stores.outbox.failed(post.id, give_up=False, error="503")
            await stores.outbox.delivered(post.id, 55)
        # What has ended is not changed by whoever comes late.
        await stores.outbox.delivered(post.id, 66)
        await stores.outbox.failed(post.id, give_up=False, error="late")
    columns = (outbox.c.text, outbox.c.tries, outbox.c.error, outbox.c.message_id)
    async with database.read() as connection:
        rows = await connection.execute(select(*columns).order_by(outbox.c.id))
        assert [tuple(row) for row in rows] == [("out", 2, None, 55), ("lost", 1, "gone", None)]


async def test_places_with_work(stores: Stores) -> None:
    await stores.rooms.bind(OTHER_ROOM)
    assert await stores.outbox.places_with_work() == []
    there = notice("x", room_id=OTHER_ROOM.id, to=PostTo.THERAPY_ROOM)
    await stores.outbox.add([notice("a"), there, notice("b")])
    both = [(OTHER_ROOM.id, PostTo.THERAPY_ROOM), (ROOM.id, PostTo.MODERATORS)]
    assert await stores.outbox.places_with_work() == both
    await delivered_texts(stores)
    assert await stores.outbox.places_with_work() == both[:1]
