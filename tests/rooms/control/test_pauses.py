"""Pauses of rooms and servers, and what becomes of what was said meanwhile."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain import PostKind, RoomSettings
from bot.rooms.control.pauses import NoRooms, NotPaused, PauseWithoutEnd
from tests.pausing import mark_paused
from tests.world import ANA, LOBBY, MAX, World


async def test_what_was_said_meanwhile_may_be_set_aside(world: World) -> None:
    await world.control.pauses.pause(LOBBY, MAX)
    await world.say("are you there?")
    await world.say("hello?", by="Ben")
    await world.settle()
    act = await world.control.pauses.resume(LOBBY, MAX, answer_meanwhile=False)
    assert act is not None
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
    mark = (await world.control.audit.room(LOBBY)).pause_mark
    await world.control.pauses.pause(LOBBY, MAX, reason="still", instead_of=mark)
    await world.say("four")
    world.script.gate.set()
    await world.settle()
    await world.control.pauses.resume(LOBBY, MAX, answer_meanwhile=False)
    await world.settle()
    assert world.chat.texts() == ["The first thought on one.", "The first thought on two."]


async def test_what_was_said_before_the_command_is_not_set_aside_however_late_it_is_kept(
    world: World,
) -> None:
    await world.control.pauses.pause(LOBBY, MAX, after=2)
    for text in ("before", "just before", "in the pause"):
        await world.say(text)
    act = await world.control.pauses.resume(LOBBY, MAX, answer_meanwhile=False)
    await world.settle()
    assert act is not None
    assert act.details.as_stored() == {"answered": False, "set_aside": 1}
    assert (await world.turn()).message_ids == (1, 2)


@pytest.mark.parametrize("everywhere", [False, True])
async def test_a_pause_whose_process_dies_while_a_reply_is_waited_for_is_on_record(
    world: World, monkeypatch: pytest.MonkeyPatch, everywhere: bool
) -> None:
    async def die(_: int) -> None:
        raise asyncio.CancelledError

    monkeypatch.setattr(world.engine.chat_room, "hold", die)
    pauses = world.control.pauses
    pause, of = (pauses.pause_server, 1) if everywhere else (pauses.pause, LOBBY)
    with pytest.raises(asyncio.CancelledError):
        await pause(of, MAX, reason="a raid")
    assert (await world.control.audit.room(LOBBY)).paused
    (act,) = await world.stores.acts.find(1)
    assert (act.by, act.reason) == (MAX, "a raid")
    await world.heal()
    assert len(world.shown(PostKind.ACT)) == 1


async def test_a_server_is_paused_and_resumed_as_one(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    act = await world.control.pauses.pause_server(1, MAX, reason="a raid")
    assert act is not None
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


async def test_a_second_pause_changes_nothing_but_in_the_place_of_one_that_is_known(
    world: World,
) -> None:
    pauses, audit = world.control.pauses, world.control.audit
    assert await pauses.pause(LOBBY, MAX, minutes=10, reason="a raid") is not None
    first = await audit.room(LOBBY)
    assert await pauses.pause(LOBBY, ANA) is None
    assert await pauses.pause_rooms([LOBBY], ANA) == []
    assert await pauses.pause_server(1, ANA) is None
    assert await audit.room(LOBBY) == first
    assert await pauses.pause(LOBBY, ANA, instead_of=first.pause_mark) is not None
    second = await audit.room(LOBBY)
    assert (second.paused_by, second.paused_until, second.pause_reason) == (ANA, None, "")
    assert len(await world.stores.acts.find(1)) == 2


async def test_resume_of_a_running_room_is_not_on_the_record(world: World) -> None:
    assert await world.control.pauses.resume(LOBBY, MAX) is None
    assert await world.control.pauses.resume_server(1, MAX) is None
    assert await world.stores.acts.find(1) == []


async def test_a_pause_with_an_end_lasts_longer_on_the_record(world: World) -> None:
    pauses = world.control.pauses
    with pytest.raises(NotPaused):
        await pauses.extend(LOBBY, MAX, 10)
    await pauses.pause(LOBBY, MAX)
    with pytest.raises(PauseWithoutEnd):
        await pauses.extend(LOBBY, MAX, 10)
    await pauses.resume(LOBBY, MAX)
    await pauses.pause(LOBBY, MAX, minutes=5)
    before = (await world.control.audit.room(LOBBY)).paused_until
    act = await pauses.extend(LOBBY, ANA, 10)
    after = (await world.control.audit.room(LOBBY)).paused_until
    assert before is not None
    assert after == before + timedelta(minutes=10)
    assert (act.kind, act.by) == ("extend pause", ANA)


async def test_no_reply_leaves_a_room_that_is_let_go(world: World) -> None:
    world.script.gate = asyncio.Event()
    await world.say("one")
    await world.moments.reach("draft")
    await world.say("two")
    await world.control.release(LOBBY)
    world.script.gate.set()
    await world.settle()
    await world.heal()
    assert world.chat.texts() == []
    assert await world.stores.rooms.all() == []


async def test_a_pause_made_anew_as_the_first_runs_out_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    await mark_paused(world.stores, LOBBY, until=over)
    due_resumes = world.stores.rooms.due_resumes

    async def due(now: datetime) -> list[int]:
        rooms = await due_resumes(now)
        mark = (await world.control.audit.room(LOBBY)).pause_mark
        await world.control.pauses.pause(LOBBY, MAX, reason="a raid", instead_of=mark)
        return rooms

    monkeypatch.setattr(world.stores.rooms, "due_resumes", due)
    await world.control.pauses.resume_due()
    assert (await world.control.audit.room(LOBBY)).pause_reason == "a raid"
    await world.say("cats")
    await world.settle()
    assert world.chat.texts() == []


async def test_a_pause_that_is_made_longer_as_it_runs_out_holds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = datetime.now(UTC) - timedelta(seconds=1)
    await mark_paused(world.stores, LOBBY, until=over)
    due_resumes = world.stores.rooms.due_resumes

    async def due(now: datetime) -> list[int]:
        rooms = await due_resumes(now)
        await world.control.pauses.extend(LOBBY, MAX, 30)
        return rooms

    monkeypatch.setattr(world.stores.rooms, "due_resumes", due)
    await world.control.pauses.resume_due()
    assert (await world.control.audit.room(LOBBY)).paused


async def test_who_resumes_what_another_has_just_resumed_is_not_on_record(world: World) -> None:
    pauses = world.control.pauses
    await pauses.pause(LOBBY, MAX)
    await world.say("cats")
    acts = await asyncio.gather(
        pauses.resume(LOBBY, MAX, answer_meanwhile=False), pauses.resume(LOBBY, ANA)
    )
    assert [act is None for act in acts].count(True) == 1
    recorded = await world.stores.acts.find(1, kind="resume")
    assert [one.id for one in recorded] == [act.id for act in acts if act]
