"""The turns that wait to be scored: none twice, none lost, and no needless look."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Conversation, Line, RoomSettings, Turn
from bot.domain.turn_context import unstored_context
from bot.rooms.evaluation.pending import PendingEvaluations
from bot.storage.database.troubles import DatabaseUnavailable

ROOM = 1
TURN = unstored_context(
    Conversation(asked=(Line(speaker="Ana", text="Hi"),)), RoomSettings(), turn_id=1
).turn


class Record:
    """The database, with what there is to find and how often it was asked."""

    def __init__(self, *turns: Turn) -> None:
        self.turns = list(turns)
        self.looks = 0
        self.meanwhile: list[Turn] = []

    async def find(self, room_id: int) -> Turn | None:
        assert room_id == ROOM
        self.looks += 1
        if self.meanwhile:
            pending.note(ROOM, self.meanwhile.pop())
        return self.turns.pop(0) if self.turns else None


pending: PendingEvaluations


def over(record: Record) -> PendingEvaluations:
    global pending  # noqa: PLW0603 - the record tells it of what ends while it is asked
    pending = PendingEvaluations(record.find)
    return pending


async def test_what_was_told_is_taken_without_a_look_once_all_is_known() -> None:
    record = Record()
    rooms = over(record)
    assert await rooms.next(ROOM) is None
    later = replace(TURN, id=2)
    rooms.note(ROOM, TURN)
    rooms.note(ROOM, later)
    assert [await rooms.next(ROOM) for _ in range(3)] == [TURN, later, None]
    assert not rooms.may_have(ROOM)
    assert record.looks == 1


async def test_where_there_may_be_more_the_oldest_is_looked_for() -> None:
    record = Record(TURN, replace(TURN, id=2))
    rooms = over(record)
    rooms.note(ROOM, replace(TURN, id=2))  # it stands in the record as well
    assert [(await rooms.next(ROOM) or TURN).id for _ in range(2)] == [1, 2]
    assert rooms.may_have(ROOM)
    assert await rooms.next(ROOM) is None


async def test_what_ends_during_a_look_is_not_lost() -> None:
    record = Record()
    record.meanwhile = [TURN]
    rooms = over(record)
    assert await rooms.next(ROOM) is None
    assert rooms.may_have(ROOM)
    assert await rooms.next(ROOM) == TURN


async def test_after_a_failed_look_it_looks_again() -> None:
    async def fail(_: int) -> Turn | None:
        raise DatabaseUnavailable("gone")

    rooms = PendingEvaluations(fail)
    with pytest.raises(DatabaseUnavailable):
        await rooms.next(ROOM)
    assert rooms.may_have(ROOM)
