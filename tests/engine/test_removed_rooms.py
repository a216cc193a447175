"""A room that was removed: nothing on its way there is kept, and none of it is answered."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.world import LOBBY, MAX, World


async def test_what_was_being_taken_in_as_the_room_was_removed_is_not_answered(
    world: World,
) -> None:
    await world.control.remove(await world.control.audit.room(LOBBY), MAX)
    await world.say("Is anybody there?")
    await world.settle()
    await world.heal()
    assert world.chat.texts() == []
    assert world.script.called == []
    assert not await world.stores.messages.known([1])


async def test_no_reply_leaves_a_room_whose_removal_is_on_record_wherever_a_process_dies(
    tmp_path: Path,
) -> None:
    for moment in range(100):
        (tmp_path / str(moment)).mkdir()
        world = await World(tmp_path / str(moment)).open()
        gate = world.script.gate = asyncio.Event()
        await world.say("one")
        await world.moments.reach("draft")
        await world.say("two")
        room = await world.control.audit.room(LOBBY)
        world.moments.die_at = len(world.moments.passed) + moment
        removing = asyncio.create_task(world.control.remove(room, MAX))
        dead = asyncio.create_task(world.moments.dead.wait())
        await asyncio.wait({removing, dead}, return_when=asyncio.FIRST_COMPLETED)
        died = not removing.done()
        removing.cancel()
        dead.cancel()
        await world.crash()
        gate.set()
        await world.heal()
        removed = await world.stores.acts.find(1, kind="remove room")
        assert not removed or not world.chat.texts(), f"killed at moment {moment}"
        await world.close()
        if not died:
            assert removed
            return
    raise AssertionError("it never came to its end")
