"""Rooms that look for their next turn at once: none waits until another's is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import select

from bot.domain.limits import Limit, OperatorLimits, SetAsideReason
from bot.storage.database.tables import messages
from bot.storage.stores.turns import ClaimedTurn, TurnStore
from tests.patience import PATIENCE
from tests.world import World

ONE, OTHER = 10, 11
ANA, BEN = 100, 101


@asynccontextmanager
async def storing_slowly(folder: Path, operator: OperatorLimits) -> AsyncIterator[World]:
    """A world in which Ana has written in one room, whose turn is decided on and not stored yet."""
    claim, began, go_on = TurnStore.claim_next, asyncio.Event(), asyncio.Event()

    async def slowly(
        self: TurnStore, room_id: int, only: Collection[int] | None = None
    ) -> ClaimedTurn:
        if room_id == ONE:
            began.set()
            await go_on.wait()
        return await claim(self, room_id, only)

    world = await World(folder, rooms=(ONE, OTHER), operator=operator).open()
    try:
        with patch.object(TurnStore, "claim_next", slowly):
            await world.say("one", ONE, author=ANA)
            async with asyncio.timeout(PATIENCE):
                await began.wait()
            yield world
            go_on.set()
            await world.settle()
        assert len(world.chat.texts(ONE)) == 1
    finally:
        await world.close()


async def look_in(world: World, room_id: int) -> None:
    """Returns once the room has looked for its next turn, and taken it if it may."""
    async with asyncio.timeout(PATIENCE):
        await world.engine._turns._tasks[room_id]


async def test_a_turn_begins_while_that_of_another_room_is_being_stored(tmp_path: Path) -> None:
    async with storing_slowly(tmp_path, OperatorLimits()) as world:
        await world.say("two", OTHER, author=BEN)
        await look_in(world, OTHER)
        assert len(world.chat.replies(OTHER)) == 1


async def test_a_cooldown_begins_with_the_decision(tmp_path: Path) -> None:
    async with storing_slowly(tmp_path, OperatorLimits(cooldown=60.0)) as world:
        await world.say("two", OTHER, author=ANA)
        await look_in(world, OTHER)
        assert world.chat.texts(OTHER) == []
    assert world.chat.texts(OTHER) == []


async def test_a_limit_counts_a_turn_from_the_decision_on(tmp_path: Path) -> None:
    async with storing_slowly(tmp_path, OperatorLimits(person=Limit(calls=1))) as world:
        await world.say("two", OTHER, author=ANA)
        await look_in(world, OTHER)
        async with world.database.read() as connection:
            columns = messages.c.text, messages.c.set_aside_reason
            rows = await connection.execute(select(*columns).order_by(messages.c.id))
            reasons = {row.text: row.set_aside_reason for row in rows}
        assert reasons == {"one": None, "two": SetAsideReason.PERSON_LIMIT}
