"""What is erased is in no memory either: what waits there goes nowhere any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from bot.domain import Conversation, NewPost, Post, PostTo
from bot.domain.ratings import Assessment
from bot.domain.room_settings import Scale
from bot.llm.protocol import CallContext
from bot.storage.stores.privacy import erased_words
from tests.world import LOBBY, World

ANA, BEN = 100, 200


async def forget_ana(world: World) -> None:
    await world.engine.privacy.forget_person(ANA, 1)


async def forget_message(world: World) -> None:
    await world.engine.privacy.forget_messages(LOBBY, [1])


@pytest.mark.parametrize("forget", [forget_ana, forget_message])
async def test_posts_that_wait_in_memory_do_not_go_out_once_they_are_erased(
    world: World, monkeypatch: pytest.MonkeyPatch, forget: Callable[[World], Awaitable[None]]
) -> None:
    relay, go_on, tried = world.engine.outbox_relay, asyncio.Event(), list[NewPost]()

    async def deliver(post: Post) -> int:
        tried.append(post.new)
        await go_on.wait()
        return post.id

    async def finish() -> None:  # the database is rid of it; the rest of the erasure takes longer
        go_on.set()
        await relay.settled()

    monkeypatch.setattr(relay, "_deliver", deliver)
    monkeypatch.setattr(world.stores.forgetting, "finish", finish)
    await world.say("my secret")
    async with asyncio.timeout(10):
        while len(world.chat.texts()) < 1 or len(tried) < 2:
            await asyncio.sleep(0)
    before = len(tried)
    await forget(world)
    await world.settle()
    assert {post.to for post in tried[:before]} >= {PostTo.THERAPY_ROOM}
    assert {post.to for post in tried[before:]} <= {PostTo.ERASURE}, tried


async def test_the_critic_is_not_asked_about_words_that_are_forgotten_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is at work on Ana's reply while Ben's waits for it, and Ben is forgotten."""
    await world.say("hello", author=ANA)
    await world.settle()  # from here on turns are handed over as they end
    critic, go_on, asked = world.engine.agents.critic, asyncio.Event(), list[str]()
    assess = critic.assess

    async def slowly(
        conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> Assessment:
        asked.append(f"{conversation} {text}")
        await go_on.wait()
        return await assess(conversation, text, scales, ctx)

    monkeypatch.setattr(critic, "assess", slowly)
    await world.say("about cats", author=ANA)
    async with asyncio.timeout(10):
        while not asked:
            await asyncio.sleep(0)
        await world.say("about dogs", by="Ben", author=BEN)
        while len(world.chat.texts()) < 3:
            await asyncio.sleep(0)
        await world.engine._turns.settled()
    await world.engine.privacy.forget_person(BEN, 1)
    go_on.set()
    await world.settle()
    assert any("cats" in text for text in asked)
    assert not any("dogs" in text or erased_words.GONE in text for text in asked)
    assert world.cards()[:2] == [1, 2]
