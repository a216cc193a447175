"""Whoever is gone for long is forgotten: a member who left, and a server that removed the bot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.engine import departures
from tests.cogs.conftest import Server
from tests.storage.planting import all_rows


async def later(room: Server, days: float, since: datetime | None = None) -> None:
    scheduler = room.bot.scheduler
    then = (since or datetime.now(UTC)) + timedelta(days=days)
    scheduler.departures._next = None  # the clock has looked today
    await scheduler.departures.look(then, room.bot.rooms.__contains__)
    await scheduler.departures.workers.settled()
    await room.env.settle()


async def rows(room: Server) -> str:
    return await all_rows(room.bot.stores.rooms._database)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(departures, "PACE_SECONDS", 0.0)


async def test_who_left_is_forgotten_after_the_servers_time_and_who_is_there_is_not(
    room: Server,
) -> None:
    said = (await room.ana.send(room.lobby, "My submarine is green")).created_at
    await room.ben.send(room.lobby, "Mine is blue")
    room.env.backend.remove_member(room.guild.id, room.ana.id)
    await later(room, 29, said)
    assert "submarine" in await rows(room)
    await later(room, 31, said)
    left = await rows(room)
    assert "submarine" not in left
    assert str(room.ana.id) not in left
    assert "Mine is blue" in left


async def test_a_server_that_removed_the_bot_is_deleted_after_a_month(room: Server) -> None:
    await room.ana.send(room.lobby, "My submarine is green")
    stores = room.bot.stores
    await stores.departures.note(gone={room.guild.id}, at=datetime.now(UTC))
    await later(room, 29)
    assert "submarine" in await rows(room)
    await later(room, 31)
    left = await rows(room)
    assert "submarine" not in left
    assert str(room.guild.id) not in left


async def test_a_server_that_takes_the_bot_back_keeps_what_is_stored(room: Server) -> None:
    await room.ana.send(room.lobby, "My submarine is green")
    stores = room.bot.stores
    await stores.departures.note(gone={room.guild.id}, at=datetime.now(UTC))
    await room.go_away()
    await room.come_back()
    await later(room, 31)
    assert "submarine" in await rows(room)
