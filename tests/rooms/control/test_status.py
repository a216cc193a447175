"""What `/status` and `/usage` know."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain import Agent
from bot.errors import DeliveryError
from bot.rooms.control.status import RoomStatus
from tests.storage.stores.test_records import CALL
from tests.world import LOBBY, MAX, World, llm_down


async def status(world: World) -> RoomStatus:
    (found,) = await world.control.status(1)
    return found


async def test_a_room_at_rest(world: World) -> None:
    found = await status(world)
    assert (found.state, found.turn, found.place, found.backlog) == ("ready", None, None, 0)
    assert (found.last_error, found.latency, found.usage) == (None, None, ())
    assert found.models == dict.fromkeys((Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC), "scripted")


async def test_a_turn_under_way_and_what_waits_behind_it(world: World) -> None:
    world.script.gate = asyncio.Event()
    await world.say("one")
    await world.moments.reach("draft")
    await world.say("two")
    found = await status(world)
    assert (found.state, found.place, found.backlog) == ("writing a draft", "Chat Room", 1)
    world.script.gate.set()
    await world.settle()


async def test_each_state_in_words(world: World) -> None:
    await world.control.seat.take(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    found = await status(world)
    assert (found.state, found.place) == ("waiting for Max to coach the Chatbot", "Therapy Room")
    assert found.since is not None
    await world.control.settings.change(LOBBY, MAX, gate=0)
    await world.control.seat.ready(1, MAX)
    await world.settle()
    found = await status(world)
    assert (found.state, found.place) == ("a reply waits for a moderator", "Control Room")
    await world.control.pauses.pause(LOBBY, MAX, minutes=10)
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    assert room.paused_until is not None
    at = int(room.paused_until.timestamp())
    assert (await status(world)).state == f"paused until <t:{at}:t>", "in each reader's own time"


async def test_the_last_trouble_the_latency_and_the_posts_that_wait(world: World) -> None:
    world.script.drafts.append(llm_down())
    await world.say("cats")
    await world.settle()
    world.post_mishaps.append(DeliveryError("503"))
    await world.say("dogs")
    await world.settle()
    found = await status(world)
    assert found.last_error is not None
    assert (found.last_error.number, found.last_error.what) == (1, llm_down().detail)
    assert found.latency is not None
    assert found.posts_waiting >= 1


async def test_usage_by_agent_and_model(world: World) -> None:
    now = datetime.now(UTC)
    mine = replace(CALL, room_id=LOBBY, started_at=now)
    for call in (
        mine,
        replace(mine, outcome="unavailable", cost=None),
        replace(mine, agent=Agent.CRITIC, cost=None),
        replace(mine, started_at=now - timedelta(days=8)),
        replace(mine, room_id=404),
    ):
        await world.stores.calls.record(call)
    chatbot, critic = await world.control.usage([LOBBY])
    assert (chatbot.agent, chatbot.calls, chatbot.failed, chatbot.cost) == (
        Agent.CHATBOT,
        2,
        1,
        0.25,
    )
    assert (critic.prompt_tokens, critic.cost) == (100, None)
    assert await world.control.usage([404]) == (), "a room that is gone has no sums"
