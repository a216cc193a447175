"""The one sentence that a person reads whose reply waits for a moderator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import RoomSettings
from bot.rooms.chat.fixed_texts import APOLOGY, DELAY_TEXT, WAIT_TEXT
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


WAIT = 20
LONG = timedelta(seconds=WAIT + 1)


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[World]:
    """A room that says so when an answer takes long; the draft to "cats" is being written."""
    world = await World(tmp_path).open(RoomSettings(wait_seconds=WAIT))
    world.script.gate = asyncio.Event()
    await world.say("cats")
    await world.moments.reach("draft")
    yield world
    world.script.gate.set()
    await world.close()


async def test_a_long_wait_is_told_once_a_person_and_hour(slow: World) -> None:
    notice, now = slow.scheduler.wait_notice, datetime.now(UTC)
    await notice.give(now)
    assert slow.chat.texts() == [], "not at once"
    await notice.give(now + LONG)
    await notice.give(now + LONG)
    assert slow.chat.texts() == [WAIT_TEXT]
    assert slow.script.gate is not None
    slow.script.gate.set()
    await slow.settle()
    slow.script.gate.clear()
    await slow.say("dogs")
    await slow.moments.reach("draft", 2)
    await notice.give(now + timedelta(minutes=50))
    assert slow.chat.texts().count(WAIT_TEXT) == 1
    await notice.give(now + timedelta(minutes=70))
    assert slow.chat.texts().count(WAIT_TEXT) == 2


async def test_who_is_not_set_so_waits_in_silence(slow: World) -> None:
    await slow.stores.rooms.update_settings(LOBBY, RoomSettings())
    await slow.scheduler.wait_notice.give(datetime.now(UTC) + timedelta(hours=1))
    assert slow.chat.texts() == []


async def test_what_waits_for_a_moderator_has_its_own_notice(world: World) -> None:
    await world.stores.rooms.update_settings(LOBBY, RoomSettings(gate=30, wait_seconds=WAIT))
    await world.scheduler.wait_notice.give(datetime.now(UTC) + LONG)
    assert world.chat.texts() == []
