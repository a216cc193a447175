"""Rooms that stop by themselves, and not twice for the same turns."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from bot.domain import PostKind
from bot.rooms.control.stop_rules import FEWEST
from tests.storage.stores.test_records import CALL
from tests.world import LOBBY, MAX, World, llm_down


async def paused(world: World) -> str | None:
    room = await world.stores.rooms.get(LOBBY)
    assert room is not None
    return room.pause_reason if room.paused else None


async def say(world: World, times: int) -> None:
    for _ in range(times):
        await world.say(f"cats, and I have {len(world.chat.texts())} of them")
        await world.settle()


async def test_a_room_stops_when_its_replies_score_too_high(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_mean=39)
    await say(world, FEWEST - 1)
    assert await paused(world) is None
    await say(world, 1)
    assert await paused(world) == (
        "the average score of the last 5 replies is 40, above the limit of 39"
    )
    acts = await world.stores.acts.find(1, kind="pause")
    assert [act.by.id for act in acts] == [0]
    assert world.shown(PostKind.ACT)[-1].ref == acts[0].id


async def test_a_room_stops_when_its_replies_are_not_empathetic_enough(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_empathetic=50)
    await say(world, FEWEST)
    assert await paused(world) is None, "what is not measured stops nothing"
    world.script.empathetic = 49
    await say(world, FEWEST - 1)
    assert await paused(world) is None
    await say(world, 1)
    assert await paused(world) == (
        "the last 5 replies have an average of 49 for empathetic, below the limit of 50"
    )


async def test_at_the_limit_of_empathy_it_goes_on(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_empathetic=50)
    world.script.empathetic = 50
    await say(world, FEWEST + 1)
    assert await paused(world) is None


async def test_resumed_it_counts_afresh(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_mean=39)
    await say(world, FEWEST)
    await world.control.pauses.resume(LOBBY, MAX)
    await say(world, FEWEST - 1)
    assert await paused(world) is None
    await say(world, 1)
    assert await paused(world) is not None


async def test_at_the_limit_it_goes_on(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_mean=40, stop_failures=50)
    await say(world, FEWEST + 1)
    assert await paused(world) is None


async def test_a_room_stops_when_too_many_turns_fail(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_failures=50)
    world.script.drafts.extend([llm_down()] * 3)
    await say(world, FEWEST)
    assert (
        await paused(world) == "3 of the last 5 replies could not be sent, above the limit of 50 %"
    )


async def test_a_room_stops_when_it_has_cost_too_much(world: World) -> None:
    await world.control.settings.change(LOBBY, MAX, stop_spend="$2")
    now = datetime.now(UTC)
    await world.stores.calls.record(replace(CALL, room_id=LOBBY, started_at=now, cost=2.5))
    await say(world, 1)
    assert await paused(world) == "the models have cost $2.50 today, the limit is $2.00"
    await world.control.pauses.resume(LOBBY, MAX)
    await say(world, 1)
    assert await paused(world) is None
