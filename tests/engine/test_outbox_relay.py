"""The relay of posts: what is held is not tried, and waits as long as it takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update
from structlog.testing import capture_logs

from bot.domain import NewPost, Post, PostKind, PostTo
from bot.engine import outbox_relay
from bot.errors import DeliveryError, DeliveryHeld
from bot.storage.database.tables import outbox
from tests.world import LOBBY, World


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


async def test_what_was_read_before_it_went_out_does_not_go_out_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay, store = world.engine.outbox_relay, world.stores.outbox
    await store.add([NewPost(LOBBY, PostTo.MODERATORS, PostKind.NOTICE, text="Hi")])
    read, tried = store.next_of_each, []

    async def slowly(room_id: int) -> list[Post]:
        found = await read(room_id)
        if found:  # meanwhile another look has it delivered
            await relay.wake_all(lambda _: True)
            await relay._workers.settled()
        return found

    async def deliver(post: Post) -> int:
        tried.append(post.id)
        return 1

    monkeypatch.setattr(store, "next_of_each", slowly)
    monkeypatch.setattr(relay, "_deliver", deliver)
    relay.wake(LOBBY)
    await world.settle()
    assert len(tried) == 1
