"""What a room keeps for some days only is forgotten by the clock, bit by bit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import RoomSettings
from bot.storage.stores import retention
from tests.world import LOBBY, World

OTHER = 11


def everywhere(_: int) -> bool:
    return True


async def talk(world: World, *texts: str, room_id: int = LOBBY) -> None:
    for text in texts:
        await world.say(text, room_id)
        await world.settle()


async def kept(world: World, room_id: int = LOBBY) -> list[str]:
    """The replies that are still known, newest first."""
    turns = await world.stores.turns.latest(room_id, 500)
    return [turn.reply for turn in turns if turn.reply is not None]


async def later(world: World, days: float) -> None:
    await world.scheduler.retention.look(datetime.now(UTC) + timedelta(days=days), everywhere)
    await world.settle()


async def test_words_go_when_their_days_are_over_and_not_before(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(retention_days=30))
    await talk(world, "one", "two")
    await later(world, 29)
    assert len(await kept(world)) == 2
    await later(world, 31)
    assert await kept(world) == []
    assert len(await world.stores.turns.latest(LOBBY, 9)) == 2
    await talk(world, "three")
    assert await kept(world) == ["The first thought on three."]
    await world.close()


async def test_without_a_number_of_days_all_is_kept(tmp_path: Path) -> None:
    world = await World(tmp_path).open()
    await talk(world, "one")
    await later(world, 4000)
    assert len(await kept(world)) == 1
    await world.close()


async def test_it_is_looked_at_once_a_day(tmp_path: Path) -> None:
    world = await World(tmp_path).open()
    await talk(world, "one")
    await later(world, 5)
    await world.stores.rooms.update_settings(LOBBY, RoomSettings(retention_days=1))
    await later(world, 5.5)
    assert len(await kept(world)) == 1
    await later(world, 6)
    assert await kept(world) == []
    await world.close()


async def test_a_restart_looks_again_and_the_clock_does_it(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(retention_days=1))
    await talk(world, "one")
    looked: list[datetime] = []
    look = world.scheduler.retention.look

    async def noted(now: datetime, is_own: object, is_own_server: object = None) -> None:
        looked.append(now)
        await look(now + timedelta(days=2), everywhere)

    world.scheduler.retention.look = noted  # type: ignore[method-assign]
    await world.scheduler.run_due()
    await world.settle()
    assert len(looked) == 1
    assert await kept(world) == []
    await world.close()


async def test_many_turns_are_forgotten_in_small_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    monkeypatch.setattr(retention, "_OLD_TURNS", retention._OLD_TURNS.limit(2))
    world = await World(tmp_path).open(RoomSettings(retention_days=1))
    await talk(world, "one", "two", "three", "four", "five")
    await later(world, 2)
    assert await kept(world) == []
    await world.close()


async def test_each_room_has_its_own_days_and_each_process_its_own_rooms(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, OTHER, 12)).open(RoomSettings(retention_days=1))
    await world.stores.rooms.update_settings(OTHER, RoomSettings(retention_days=100))
    for room_id in (LOBBY, OTHER, 12):
        await talk(world, "hello", room_id=room_id)
    then = datetime.now(UTC) + timedelta(days=2)
    await world.scheduler.retention.look(then, {LOBBY, OTHER}.__contains__)
    await world.settle()
    assert [len(await kept(world, room_id)) for room_id in (LOBBY, OTHER, 12)] == [0, 1, 1]
    await world.close()
