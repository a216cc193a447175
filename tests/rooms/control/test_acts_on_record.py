"""What moderators do is done and on the record, or neither, wherever a process dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.domain import Room
from bot.rooms.control.control_room import ControlRoom
from tests.pausing import mark_paused
from tests.seating import mark_seated
from tests.world import ANA, LOBBY, MAX, World


async def resume(control: ControlRoom, _: Room) -> None:
    await control.pauses.resume(LOBBY, MAX, answer_meanwhile=False)


async def resume_server(control: ControlRoom, room: Room) -> None:
    await control.pauses.resume_server(room.guild_id, MAX)


async def hand_seat(control: ControlRoom, _: Room) -> None:
    await control.seat.hand(LOBBY, MAX, ANA)


async def release_seat(control: ControlRoom, _: Room) -> None:
    await control.seat.release(LOBBY, MAX)


async def change_settings(control: ControlRoom, _: Room) -> None:
    await control.settings.change(LOBBY, MAX, gate="40")


async def remove(control: ControlRoom, room: Room) -> None:
    await control.remove(room, MAX)


@pytest.mark.parametrize(
    "act", [resume, resume_server, hand_seat, release_seat, change_settings, remove]
)
async def test_it_is_done_and_on_the_record_or_neither(
    act: Callable[[ControlRoom, Room], Coroutine[Any, Any, None]], tmp_path: Path
) -> None:
    for moment in range(100):
        (tmp_path / str(moment)).mkdir()
        world = await World(tmp_path / str(moment)).open()
        await mark_seated(world.stores, LOBBY, MAX)
        await mark_paused(world.stores, LOBBY)
        before = (await world.stores.rooms.all(), len(await world.stores.acts.find(1)))
        world.moments.die_at = len(world.moments.passed) + moment
        acting = asyncio.create_task(act(world.control, before[0][0]))
        dead = asyncio.create_task(world.moments.dead.wait())
        await asyncio.wait({acting, dead}, return_when=asyncio.FIRST_COMPLETED)
        died = not acting.done()
        acting.cancel()
        dead.cancel()
        await world.crash()
        after = (await world.stores.rooms.all(), len(await world.stores.acts.find(1)))
        await world.close()
        assert after[1] == before[1] + (after[0] != before[0]), f"at moment {moment}"
        if not died:
            return
    pytest.fail("it never came to its end")
