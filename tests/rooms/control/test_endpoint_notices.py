"""What moderators are told of an endpoint that is away: once, with a count, and once at its end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import Agent, PostKind, Room, RoomSettings, UserMessage
from bot.llm.health import EndpointHealth
from bot.rooms.control.endpoint_notices import EndpointNotices
from tests.world import LOBBY, World

QUIET = 11
ELSEWHERE = 12
WELL = EndpointHealth("http://models/v1", (Agent.CHATBOT, Agent.CRITIC))


def away(minutes: float = 7.0) -> EndpointHealth:
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    return replace(WELL, away_since=since, failures=4, why="http://models/v1 answered HTTP 503.")


class Endpoints:
    """How the endpoints are, as a test has it."""

    def __init__(self) -> None:
        self.now = WELL

    def __call__(self) -> tuple[EndpointHealth, ...]:
        return (self.now,)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World(tmp_path, rooms=(LOBBY, QUIET, ELSEWHERE)).open()
    elsewhere = Room(ELSEWHERE, 1, 21, ELSEWHERE, settings=RoomSettings())
    await opened.stores.rooms.bind(elsewhere)
    yield opened
    await opened.close()


async def told(world: World) -> list[tuple[int, str]]:
    world.engine.outbox_relay.reset_backoff(LOBBY)
    await world.engine.outbox_relay.wake_all(lambda _: True)
    await world.engine.outbox_relay.settled()
    return [(new.room_id, new.text) for new in world.shown(PostKind.NOTICE)]


async def keep_waiting(world: World, *room_ids: int, times: int = 1) -> None:
    """Have people write where no turn is taken up."""
    for room_id in room_ids:
        for _ in range(times):
            world.said += 1
            now = datetime.now(UTC)
            message = UserMessage(world.said, room_id, 100, "Ana", "Hi", now, exempt=False)
            await world.stores.messages.add(message)


async def test_whom_it_concerns_is_told_once_with_a_count(world: World) -> None:
    endpoints = Endpoints()
    notices = EndpointNotices(world.stores, endpoints)
    await keep_waiting(world, LOBBY, times=3)
    await notices.look()
    assert await told(world) == [], "all is well"
    endpoints.now = away()
    for _ in range(3):
        await notices.look()
    ((room_id, text),) = await told(world)
    assert room_id == LOBBY
    assert "http://models/v1 (serves Chatbot, Critic)" in text
    assert (
        "4 calls in a row have failed, the last because: http://models/v1 answered HTTP 503."
        in text
    )
    assert "3 messages wait here" in text


async def test_a_channel_of_several_rooms_reads_it_once_and_another_when_it_is_concerned(
    world: World,
) -> None:
    endpoints = Endpoints()
    endpoints.now = away()
    notices = EndpointNotices(world.stores, endpoints)
    await keep_waiting(world, LOBBY, QUIET, times=2)
    await notices.look()
    assert [text.count("4 messages wait") for _, text in await told(world)] == [1]
    await keep_waiting(world, ELSEWHERE)
    await notices.look()
    await notices.look()
    assert sorted(room_id for room_id, _ in await told(world)) == [LOBBY, ELSEWHERE]
    assert "1 message waits" in (await told(world))[1][1]


async def test_its_return_is_told_once_when_it_lasts(world: World) -> None:
    endpoints = Endpoints()
    notices = EndpointNotices(world.stores, endpoints)
    await keep_waiting(world, LOBBY, ELSEWHERE)
    endpoints.now = away()
    await notices.look()
    endpoints.now = replace(WELL, steady_for=5.0)
    await notices.look()
    assert len(await told(world)) == 2, "it may be gone again in a moment"
    endpoints.now = away(1.0)
    await notices.look()
    assert len(await told(world)) == 2, "it is the same trouble"
    endpoints.now = replace(WELL, steady_for=60.0)
    for _ in range(3):
        await notices.look()
    back = (await told(world))[2:]
    assert {room_id for room_id, _ in back} == {LOBBY, ELSEWHERE}
    assert {text for _, text in back} == {
        "✅ **A model answers again**: http://models/v1 (serves Chatbot, Critic), after 6 minutes."
    }


async def test_a_restart_tells_nobody_twice_and_does_not_forget_the_end(world: World) -> None:
    endpoints = Endpoints()
    endpoints.now = away()
    await keep_waiting(world, LOBBY)
    await EndpointNotices(world.stores, endpoints).look()
    again = EndpointNotices(world.stores, endpoints)
    await again.look()
    assert len(await told(world)) == 1
    endpoints.now = WELL
    again = EndpointNotices(world.stores, endpoints)
    await again.look()
    assert len(await told(world)) == 1, "it has not answered yet"
    endpoints.now = replace(WELL, steady_for=61.0)
    await again.look()
    assert len(await told(world)) == 2


async def test_rooms_of_another_process_are_not_told_of(world: World) -> None:
    endpoints = Endpoints()
    endpoints.now = away()
    await keep_waiting(world, LOBBY, ELSEWHERE)
    await EndpointNotices(world.stores, endpoints).look({ELSEWHERE}.__contains__)
    assert [room_id for room_id, _ in await told(world)] == [ELSEWHERE]


@pytest.mark.parametrize(
    ("health", "words"),
    [
        (replace(away(), is_replaced=True), "The fallback model answers until then."),
        (replace(away(), is_fallback=True), "(fallback of Chatbot, Critic)"),
    ],
    ids=["replaced", "fallback"],
)
async def test_it_says_what_a_fallback_changes(
    world: World, health: EndpointHealth, words: str
) -> None:
    endpoints = Endpoints()
    endpoints.now = health
    await keep_waiting(world, LOBBY)
    await EndpointNotices(world.stores, endpoints).look()
    ((_, text),) = await told(world)
    assert words in text


async def test_of_several_processes_each_tells_its_own_rooms_once(world: World) -> None:
    endpoints = Endpoints()
    endpoints.now = away()
    await keep_waiting(world, LOBBY, ELSEWHERE)

    async def look(*own: int) -> None:  # as a process does that has just been started
        await EndpointNotices(world.stores, endpoints).look(own.__contains__)

    for own in ((LOBBY, QUIET), (ELSEWHERE,), (LOBBY, QUIET), (ELSEWHERE,)):
        await look(*own)
    assert sorted(room_id for room_id, _ in await told(world)) == [LOBBY, ELSEWHERE]
    endpoints.now = replace(WELL, steady_for=600.0)
    for own in ((LOBBY, QUIET), (ELSEWHERE,), (LOBBY, QUIET)):
        await look(*own)
    assert sorted(room_id for room_id, _ in await told(world)) == [LOBBY] * 2 + [ELSEWHERE] * 2
