"""Pauses of rooms and servers, and what becomes of what was said meanwhile."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.domain import PostKind, RoomSettings
from bot.rooms.control.pauses import NoRooms
from tests.world import LOBBY, MAX, World


async def test_what_was_said_meanwhile_may_be_set_aside(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("are you there?")
    await world.say("hello?", by="Ben")
    await world.settle()
    act = await world.control.pauses.resume(LOBBY, MAX, answer_meanwhile=False)
    await world.settle()
    assert world.chat.texts() == []
    assert act.details.as_stored() == {"answered": False, "set_aside": 2}
    await world.say("cats")
    await world.heal()
    assert world.chat.texts() == ["The first thought on cats."]
    assert (await world.turn()).message_ids == (3,)


async def test_the_held_turn_and_what_came_before_the_pause_go_on_all_the_same(
    world: World,
) -> None:
    world.script.gate = asyncio.Event()
    await world.say("one")
    await world.moments.reach("draft")
    await world.say("two")
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("three")
    await world.control.pauses.pause(LOBBY, MAX, reason="still")
    await world.say("four")
    world.script.gate.set()
    await world.settle()
    await world.control.pauses.resume(LOBBY, MAX, answer_meanwhile=False)
    await world.settle()
    assert world.chat.texts() == ["The first thought on one.", "The first thought on two."]


async def test_a_server_is_paused_and_resumed_as_one(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    act = await world.control.pauses.pause_server(1, MAX, reason="a raid")
    world.chat.shut |= {LOBBY, 11}
    await world.say("here", LOBBY)
    await world.say("there", 11)
    await world.heal()
    assert world.chat.texts(LOBBY) + world.chat.texts(11) == []
    (told,) = world.shown(PostKind.ACT)
    assert told.ref == act.id
    world.chat.shut.clear()
    await world.control.pauses.resume_server(1, MAX)
    await world.settle()
    assert len(world.chat.texts(LOBBY)) == len(world.chat.texts(11)) == 1
    with pytest.raises(NoRooms):
        await world.control.pauses.pause_server(404, MAX)
    await world.close()


async def test_each_person_is_told_once_a_pause_if_the_server_wants_that(tmp_path: Path) -> None:
    world = await World(tmp_path).open(RoomSettings(paused_answer="We are having a break."))
    await world.say("before")
    await world.settle()
    await world.control.pauses.pause(LOBBY, MAX)
    world.chat.shut.add(LOBBY)
    for text in ("hello?", "anybody?"):
        await world.say(text)
        await world.settle()
    assert world.chat.texts()[1:] == ["We are having a break."]
    assert world.chat.shown[1].post.reference_id == 2
    await world.crash()
    await world.say("still?")
    await world.settle()
    assert world.chat.texts().count("We are having a break.") == 1, "nor after a restart"
    world.chat.shut.clear()
    await world.control.pauses.resume(LOBBY, MAX)
    await world.settle()
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("again?")
    await world.settle()
    assert world.chat.texts().count("We are having a break.") == 2
    await world.close()


async def test_silence_is_the_default(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("hello?")
    await world.settle()
    assert world.chat.shown == []
