"""What is erased is in no memory either: what waits there goes nowhere any more."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Sequence
from functools import _lru_cache_wrapper
from typing import Any

import pytest

from bot.domain import Conversation, Line, NewPost, Post, PostTo, UserMessage
from bot.domain.ratings import Assessment
from bot.domain.room_settings import Scale
from bot.llm.protocol import CallContext
from bot.storage.stores.privacy import erased_words
from bot.text.prompt_safety import name, words
from bot.text.talk_language import language_of_talk
from tests.world import LOBBY, World

ANA, BEN = 100, 200
PLACES = {PostTo.THERAPY_ROOM, PostTo.MODERATORS}
"""To each of which one post is on its way, with more behind it."""


async def forget_ana(world: World) -> None:
    await world.engine.privacy.forget_person(ANA, 1)


async def forget_message(world: World) -> None:
    await world.engine.privacy.forget_messages(LOBBY, [1])


@pytest.mark.parametrize("forget", [forget_ana, forget_message])
async def test_posts_that_wait_in_memory_do_not_go_out_once_they_are_erased(
    world: World, monkeypatch: pytest.MonkeyPatch, forget: Callable[[World], Awaitable[None]]
) -> None:
    relay, tried = world.engine.outbox_relay, list[NewPost]()
    under_way, go_on = asyncio.Event(), asyncio.Event()

    async def deliver(post: Post) -> int:
        tried.append(post.new)
        if len(tried) == len(PLACES):
            under_way.set()
        await go_on.wait()
        return post.id

    async def finish() -> None:  # the database is rid of it; the rest of the erasure takes longer
        go_on.set()
        await relay.settled()

    monkeypatch.setattr(relay, "_deliver", deliver)
    monkeypatch.setattr(world.stores.forgetting, "finish", finish)
    await world.say("my secret")
    await world.engine._turns.settled()
    async with asyncio.timeout(10):
        await under_way.wait()
    await forget(world)
    await world.settle()
    assert {post.to for post in tried[: len(PLACES)]} == PLACES
    assert {post.to for post in tried[len(PLACES) :]} <= {PostTo.ERASURE}, tried


async def test_the_critic_is_not_asked_about_words_that_are_forgotten_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is at work on Ana's reply while Ben's waits for it, and Ben is forgotten."""
    await world.say("hello", author=ANA)
    await world.settle()  # from here on turns are handed over as they end
    critic, asked = world.engine.agents.critic, list[str]()
    at_work, go_on = asyncio.Event(), asyncio.Event()
    assess = critic.assess

    async def slowly(
        conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> Assessment:
        asked.append(f"{conversation} {text}")
        at_work.set()
        await go_on.wait()
        return await assess(conversation, text, scales, ctx)

    monkeypatch.setattr(critic, "assess", slowly)
    await world.say("about cats", author=ANA)
    async with asyncio.timeout(10):
        await at_work.wait()
    await world.say("about dogs", by="Ben", author=BEN)
    await world.engine._turns.settled()
    await world.engine.privacy.forget_person(BEN, 1)
    go_on.set()
    await world.settle()
    assert any("cats" in text for text in asked)
    assert not any("dogs" in text or erased_words.GONE in text for text in asked)
    assert world.cards()[:2] == [1, 2]


def remembered_texts() -> dict[str, int]:
    """How much each bounded cache of texts remembers."""
    caches: list[_lru_cache_wrapper[Any]] = [
        one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)
    ]
    return {
        f"{one.__module__}.{one.__name__}": one.cache_info().currsize
        for one in caches
        if one.__module__.startswith("bot.text.") and one.cache_info().maxsize is not None
    }


@pytest.mark.parametrize("forget", [forget_ana, forget_message])
async def test_no_cache_of_texts_remembers_anything(
    world: World, forget: Callable[[World], Awaitable[None]]
) -> None:
    talk = "You never listen to me, and I told you about it: twice!"
    words(talk)
    name("Ana\u200b")
    language_of_talk(Conversation(asked=(Line(speaker="Ana", text=talk),)))
    assert all(remembered_texts().values()), remembered_texts()
    await world.say(talk)
    await world.settle()
    await forget(world)
    assert not any(remembered_texts().values()), remembered_texts()


async def test_who_is_forgotten_while_their_message_is_being_kept_is_not_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgotten_meanwhile(_: Sequence[UserMessage]) -> None:
        await world.engine.privacy.forget_person(100, 1, up_to=10)

    monkeypatch.setattr(world.engine.privacy, "keep_context", forgotten_meanwhile)
    await world.say("my sister hides at home")
    await world.settle()
    await world.heal()
    assert world.chat.texts() == []
    assert not await world.stores.messages.known([1])


async def test_a_message_that_is_just_being_kept_is_forgotten_with_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    add, adding, may_go_on = world.stores.messages.add, asyncio.Event(), asyncio.Event()

    async def slow_add(message: UserMessage, posts: Sequence[NewPost] = ()) -> bool:
        adding.set()
        await may_go_on.wait()
        return await add(message, posts)

    monkeypatch.setattr(type(world.stores.messages), "add", lambda _, *args: slow_add(*args))
    async with asyncio.TaskGroup() as group:
        group.create_task(world.say("my sister hides at home"))
        await adding.wait()
        group.create_task(world.engine.privacy.forget_person(100, 1, up_to=10))
        may_go_on.set()
    await world.settle()
    await world.heal()
    message = await world.stores.messages.get(1)
    assert message is None, "nothing of it is kept"
