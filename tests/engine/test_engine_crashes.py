"""A process that dies at any moment of a turn that waits for people goes on waiting."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from bot.domain import RoomSettings, TurnState
from bot.errors import FourRoomsError
from tests.engine.test_engine import talk_until_death
from tests.seating import mark_seated
from tests.world import LOBBY, MAX, World

People = Callable[[World], Awaitable[None]]


async def therapist(world: World) -> None:
    """Says one thing, and then lets the reply go out; presses again what had no effect."""
    turn = await world.stores.turns.open_turn(LOBBY)
    if turn is not None and turn.state is TurnState.WAITING:
        with suppress(FourRoomsError):
            if turn.round == 0:
                await world.control.seat.speak(LOBBY, MAX, "Be kinder.")
            else:
                await world.control.seat.ready(turn.id, MAX)
    await world.settle()


async def moderator(world: World) -> None:
    """Asks once for another round, then approves what is held."""
    turn = await world.stores.turns.open_turn(LOBBY)
    if turn is not None and turn.state is TurnState.GATED:
        with suppress(FourRoomsError):
            if turn.round == 1:
                await world.control.gate.another_round(turn.id, MAX, "Kinder.")
            else:
                await world.control.gate.approve(turn.id, MAX)
    await world.settle()


async def nobody(world: World) -> None:
    """Lets the time pass."""
    await world.time_passes()
    await world.settle()


async def with_seat(world: World) -> None:
    await mark_seated(world.stores, LOBBY, MAX)


async def with_guidance(world: World) -> None:
    await mark_seated(world.stores, LOBBY, MAX)
    await world.control.guidance.give(LOBBY, MAX, "Be brief.")
    await world.settle()


@pytest.mark.parametrize(
    ("prepare", "people", "gate", "reply"),
    [
        (with_seat, therapist, None, "A kinder word about cats, thought through."),
        (None, moderator, 0, "As before."),
        (with_seat, nobody, None, "The first thought on cats."),
        (with_guidance, therapist, None, "A kinder word about cats, thought through."),
    ],
    ids=["seat", "gate", "time limit", "guidance"],
)
async def test_a_crash_at_any_moment_of_a_wait_leaves_one_answer(
    tmp_path: Path, prepare: People | None, people: People, gate: int | None, reply: str
) -> None:
    for moment in range(300):
        folder = tmp_path / str(moment)
        folder.mkdir()
        world = await World(folder).open(RoomSettings(gate=gate))
        if prepare is not None:
            await prepare(world)
        if gate is not None:
            world.script.responses.extend(["As before."] * 5)
            world.script.scores.extend([40] * 20)
        world.moments.die_at = moment + len(world.moments.passed)
        died = await talk_until_death(world, people)
        await world.crash()
        await world.say("cats", again=1)
        await world.heal()
        for _ in range(6):
            await people(world)
        await world.heal()
        assert world.chat.texts() == [reply], (moment, world.moments.passed)
        assert (await world.turn()).state is TurnState.SENT
        assert world.cards() in ([1], [1, 1])
        assert await world.control.guidance.list(LOBBY) == []
        await world.close()
        if not died:
            assert moment > 8
            return
    pytest.fail("the turn never came to its end")
