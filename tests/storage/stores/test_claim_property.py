"""Whatever comes in whatever order: each message is answered by exactly one turn, in order."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain import Turn
from bot.storage.database.database import Database
from bot.storage.stores.stores import Stores
from tests.storage.samples import OTHER_ROOM, ROOM, end_turn, said

Step = tuple[str, int, int]

# The ids are few, so that messages often arrive twice; rooms take ids of their own.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["say", "say", "claim", "claim twice", "end", "restart"]),
        st.sampled_from([0, 1]),
        st.integers(min_value=0, max_value=12),
    ),
    max_size=24,
)


class Play:
    """Two rooms in which steps are taken, and what was seen of them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.said: dict[int, set[int]] = {ROOM.id: set(), OTHER_ROOM.id: set()}
        self.turns: dict[int, Turn] = {}

    async def run(self, steps: list[Step]) -> None:
        await self.open()
        try:
            for room in (ROOM, OTHER_ROOM):
                await self.stores.rooms.bind(room)
            for what, which, number in steps:
                await self.take(what, (ROOM, OTHER_ROOM)[which].id, number * 2 + which)
            for room_id in self.said:
                await self.take("claim", room_id, 0)
                await self.take("end", room_id, 0)
                await self.take("claim", room_id, 0)
        finally:
            await self.database.close()

    async def open(self) -> None:
        self.database = await Database.open(self.url)
        self.stores = Stores.over(self.database)

    async def take(self, what: str, room_id: int, number: int) -> None:
        if what == "restart":
            await self.database.close()
            await self.open()
        elif what == "say":
            new = await self.stores.messages.add(said(number, room_id=room_id))
            assert new == (number not in self.said[room_id])
            self.said[room_id].add(number)
        elif what == "end":
            turn = await self.stores.turns.open_turn(room_id)
            if turn:
                await end_turn(self.stores, turn, "reply")
        else:
            times = 2 if what == "claim twice" else 1
            claims = (self.stores.turns.claim(room_id) for _ in range(times))
            self.note(await asyncio.gather(*claims))

    def note(self, claimed: list[Turn | None]) -> None:
        assert len({turn and turn.id for turn in claimed}) == 1
        turn = claimed[0]
        if turn is not None:
            known = self.turns.setdefault(turn.id, turn)
            assert turn == known  # an open turn neither gains nor loses messages


@given(steps=STEPS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_each_message_is_answered_by_exactly_one_turn(
    migrated_file: Path, steps: list[Step]
) -> None:
    with TemporaryDirectory() as folder:
        file = shutil.copy(migrated_file, folder)
        play = Play(f"sqlite:///{file}")
        asyncio.run(play.run(steps))
    for room_id, spoken in play.said.items():
        turns = [turn for _, turn in sorted(play.turns.items()) if turn.room_id == room_id]
        answered = [message for turn in turns for message in turn.message_ids]
        assert sorted(answered) == sorted(spoken)
        assert all(list(turn.message_ids) == sorted(turn.message_ids) for turn in turns)
        assert all(turn.message_ids for turn in turns)
