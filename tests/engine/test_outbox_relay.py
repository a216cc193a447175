"""The relay of posts: what is held is not tried, and waits as long as it takes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from bot.domain import NewPost, Post, PostKind, PostTo
from bot.engine import outbox_relay
from bot.errors import DeliveryError, DeliveryHeld
from bot.storage.database.tables import outbox
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.outbox import put_posts
from tests.world import LOBBY, World, run_for


async def old_post(world: World) -> None:
    """A post for the moderators that has waited for a week."""
    await world.stores.outbox.add([NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE)])
    long_ago = datetime.now(UTC) - timedelta(days=7)
    async with world.database.write() as connection:
        await connection.execute(update(outbox).values(created_at=long_ago))


async def look(world: World) -> None:
    world.engine.outbox_relay.reset_backoff(LOBBY)
    await world.settle()


async def tries(world: World) -> int:
    async with world.database.read() as connection:
        return await connection.scalar(select(outbox.c.tries)) or 0


async def test_what_is_held_is_neither_tried_nor_given_up(world: World) -> None:
    await old_post(world)
    with capture_logs() as logs:
        for _ in range(10):
            world.post_mishaps.append(DeliveryHeld("everybody can see it"))
            await look(world)
    assert logs == []
    assert await tries(world) == 0
    world.post_mishaps.append(DeliveryError("503"))  # a day begins anew for a post that was held
    await look(world)
    assert world.posted == []
    await look(world)
    assert [post.new.kind for post in world.posted] == [PostKind.NOTICE]


async def test_a_place_that_holds_is_asked_again_by_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_relay, "FIRST_BACKOFF", 0.0)
    await old_post(world)
    world.post_mishaps.append(DeliveryHeld("everybody can see it"))
    await look(world)
    assert world.posted == []
    world.engine.outbox_relay.wake(LOBBY)
    await world.settle()
    assert len(world.posted) == 1


async def test_an_old_post_that_was_never_held_is_given_up(world: World) -> None:
    await old_post(world)
    world.post_mishaps.append(DeliveryError("403"))
    await look(world)
    await look(world)
    assert world.posted == []
    assert await world.stores.outbox.waiting(LOBBY) == 0


async def test_a_database_that_is_away_says_nothing_of_the_post(world: World) -> None:
    await world.stores.outbox.add([NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE)])
    for _ in range(outbox_relay.MAX_FAULTS + 1):
        world.post_mishaps.append(DatabaseUnavailable("no connection was free"))
        await look(world)
    assert world.posted == []
    await look(world)
    assert len(world.posted) == 1


async def test_what_was_read_before_it_went_out_does_not_go_out_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, store = world.engine.outbox_relay, world.stores.outbox
    await store.add([NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE, text="Hi")])
    read, tried = store.waiting_in, []

    async def slowly(room_id: int, most: int) -> list[Post]:
        found = await read(room_id, most)
        if found:  # meanwhile it is delivered
            relay._workers.wake((LOBBY, PostTo.MODERATORS))
            await relay._workers.settled()
        return found

    async def deliver(post: Post) -> int:
        tried.append(post.id)
        return 1

    monkeypatch.setattr(store, "waiting_in", slowly)
    monkeypatch.setattr(relay, "_deliver", deliver)
    relay.wake(LOBBY)
    await world.settle()
    assert len(tried) == 1


async def test_looks_while_a_place_is_closed_send_nothing_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One place takes no post; what waits for the other is looked at again and again meanwhile."""
    monkeypatch.setattr(outbox_relay, "FIRST_BACKOFF", 3600.0)
    relay, outbox_ = world.engine.outbox_relay, world.stores.outbox
    world.post_mishaps.append(DeliveryError("503"))
    await outbox_.add([NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE, text="closed")])
    relay.wake(LOBBY)
    await world.settle()
    thread = [NewPost(LOBBY, PostTo.THERAPY_ROOM, PostKind.NOTICE, text=f"{n}") for n in range(6)]
    relay.defer(LOBBY)
    await outbox_.add(thread)
    for _ in range(3):
        relay.wake(LOBBY)
        await relay.settled()
    relay.resume(LOBBY)
    relay.note_posts(LOBBY)
    await world.settle()
    assert [post.new.text for post in world.posted] == [post.text for post in thread]
    assert await outbox_.waiting(LOBBY) == 1
    relay.reset_backoff(LOBBY)
    await world.settle()
    assert world.posted[-1].new.text == "closed"


async def test_help_goes_out_at_once_beside_whatever_waits_elsewhere(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More waits for places before it, in the order of their names, than is read at once."""
    relay, helped, go_on = world.engine.outbox_relay, asyncio.Event(), asyncio.Event()

    async def deliver(post: Post) -> int:
        if post.new.to is PostTo.HELP:
            helped.set()
        else:
            await go_on.wait()
        return 1

    monkeypatch.setattr(relay, "_deliver", deliver)
    erasures = [NewPost(LOBBY, PostTo.ERASURE, PostKind.REMOVAL, ref=n) for n in range(150)]
    await world.stores.outbox.add(erasures)
    relay.note_posts(LOBBY)
    await run_for(20)
    await world.stores.outbox.add([NewPost(LOBBY, PostTo.HELP, PostKind.HELP, text="Hotline")])
    relay.note_posts(LOBBY)
    async with asyncio.timeout(10):
        await helped.wait()
    go_on.set()
    await world.settle()
    assert await world.stores.outbox.waiting(LOBBY) == 0


async def test_a_closed_place_with_a_long_queue_holds_up_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_relay, "FIRST_BACKOFF", 3600.0)
    world.post_mishaps.append(DeliveryError("403"))
    closed = [NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE) for _ in range(120)]
    await world.stores.outbox.add(closed)
    world.engine.outbox_relay.wake(LOBBY)
    await world.settle()
    thread = [NewPost(LOBBY, PostTo.THERAPY_ROOM, PostKind.NOTICE, text=f"{n}") for n in range(3)]
    await world.stores.outbox.add(thread)
    world.engine.outbox_relay.note_posts(LOBBY)
    await world.settle()
    assert [post.new.text for post in world.posted] == ["0", "1", "2"]


async def test_what_nobody_was_told_of_is_found_by_the_clock(world: World) -> None:
    """A post of a transaction that was cut off after it was written."""
    await world.say("Hi")
    await world.settle()
    before = len(world.posted)
    async with world.database.write() as connection:
        posts = [NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE, text="quiet")]
        await connection.run_sync(put_posts, posts)
    world.engine.outbox_relay.note_posts(LOBBY)
    await world.settle()
    assert len(world.posted) == before
    await world.engine.outbox_relay.wake_all(lambda _: True)
    await world.settle()
    assert [post.new.text for post in world.posted[before:]] == ["quiet"]


async def test_what_two_reads_find_goes_out_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, store = world.engine.outbox_relay, world.stores.outbox
    await store.add([NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE, text="once")])
    read_next, tried = store.next, []

    async def next_beside_a_look(room_id: int, to: PostTo) -> Post | None:
        post = await read_next(room_id, to)
        await relay._look(room_id)
        return post

    async def deliver(post: Post) -> int:
        tried.append(post.id)
        return 1

    monkeypatch.setattr(store, "next", next_beside_a_look)
    monkeypatch.setattr(relay, "_deliver", deliver)
    relay._forget(LOBBY)
    relay._workers.wake((LOBBY, PostTo.MODERATORS))
    await relay.settled()
    assert len(tried) == 1
