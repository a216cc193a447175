"""The one sentence that a person reads whose reply waits for a moderator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import RoomSettings
from bot.rooms.chat.fixed_texts import APOLOGY, DELAY_TEXT
from bot.rooms.chat.notices import DELAY_NOTICE_AFTER
from tests.world import LOBBY, MAX, Mishap, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """A reply to "cats" waits at the gate."""
    world = await World(tmp_path).open(RoomSettings(gate=30))
    await world.say("cats")
    await world.settle()
    yield world
    await world.close()


async def a_while_passes(world: World) -> None:
    await world.scheduler.delay_notice.give(
        datetime.now(UTC) + DELAY_NOTICE_AFTER + timedelta(seconds=1)
    )


async def test_after_a_while_they_read_it_once_over_a_restart_too(world: World) -> None:
    await world.scheduler.run_due()
    assert world.chat.texts() == [], "not at once"
    await a_while_passes(world)
    await a_while_passes(world)
    await world.crash()
    await a_while_passes(world)
    assert world.chat.texts() == [DELAY_TEXT]
    assert world.chat.shown[0].post.reference_id == 1
    await world.control.gate.approve(1, MAX)
    await world.settle()
    assert world.chat.texts() == [DELAY_TEXT, "The first thought on cats."]


async def test_the_next_reply_that_waits_has_its_own(world: World) -> None:
    await a_while_passes(world)
    await world.control.gate.withhold(1, MAX)
    await world.say("dogs")
    await world.settle()
    await a_while_passes(world)
    assert world.chat.texts() == [DELAY_TEXT, APOLOGY, DELAY_TEXT]


async def test_nothing_is_said_in_a_pause_nor_of_what_has_gone_on(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    world.chat.shut.add(LOBBY)
    await a_while_passes(world)
    world.chat.shut.clear()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.control.gate.approve(1, MAX)
    await world.settle()
    await a_while_passes(world)
    assert world.chat.texts() == ["The first thought on cats."]


async def test_who_waits_for_the_seat_reads_it_too(tmp_path: Path) -> None:
    world = await World(tmp_path).open()
    await world.control.seat.take(LOBBY, MAX)
    await world.say("cats")
    await world.settle()
    await a_while_passes(world)
    assert world.chat.texts() == [DELAY_TEXT]
    await world.close()


async def test_that_it_could_not_be_said_is_no_harm(world: World) -> None:
    world.chat.mishaps.append(Mishap.REFUSED)
    await a_while_passes(world)
    await a_while_passes(world)
    assert world.chat.texts() == []
    await world.control.gate.approve(1, MAX)
    await world.settle()
    assert world.chat.texts() == ["The first thought on cats."]
