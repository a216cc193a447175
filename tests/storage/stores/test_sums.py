"""Whatever is written in whatever order, the daily sums are what all rows add up to."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from bot.domain import Agent, EvaluationState, Room, Subject, Turn, TurnState
from bot.domain.day_shares import DayShare
from bot.llm.protocol import CallOutcome
from bot.storage.database.database import Database
from bot.storage.database.sum_tables import call_days, reply_days, scale_days
from bot.storage.database.tables import turns
from bot.storage.migrations.versions.r0020_daily_sums import fills
from bot.storage.stores.score_rows import put_evaluations
from bot.storage.stores.stores import Stores
from tests.storage.samples import (
    NOON,
    OTHER_ROOM,
    ROOM,
    begin_turn,
    end_turn,
    said,
    scored,
    with_empathy,
)
from tests.storage.stores.test_records import CALL

SUMS = (call_days, reply_days, scale_days)
STEPS = st.lists(
    st.sampled_from(
        ["reply", "reply", "withhold", "score", "score", "score by halves", "score again", "fail",
         "send late", "call", "call", "forget", "retain", "delete reply"]
    ),
    min_size=8,
    max_size=24,
)  # fmt: skip


class Play:
    """Two rooms in which turns end, are scored, and change, over three days."""

    def __init__(self, stores: Stores, database: Database, chance: Random) -> None:
        self.stores, self.database, self.chance = stores, database, chance
        self.number = 0

    async def take(self, step: str) -> None:
        room = self.chance.choice((ROOM, OTHER_ROOM))
        match step:
            case "reply" | "withhold":
                await self.end(room, "a reply" if step == "reply" else None)
            case "call":
                await self.call(room)
            case "forget":
                await self.stores.forgetting.person(77, ROOM.guild_id)
            case "retain":
                await self.stores.retention.forget(room.id, NOON + timedelta(days=2))
            case "send late":
                await self.send_late(room)
            case "delete reply":
                await self.change(turns.c.state == TurnState.SENT, reply_deleted_at=NOON)
            case _:
                await self.score(room, step)

    async def end(self, room: Room, reply: str | None) -> None:
        self.number += 1
        turn = await begin_turn(self.stores, said(self.number, room_id=room.id))
        day = NOON + timedelta(days=self.chance.randint(0, 2), hours=11.9)
        await self.change(turns.c.id == turn.id, created_at=day)
        await end_turn(self.stores, replace(turn, created_at=day), reply, ids=(5000 + self.number,))

    async def change(self, which: object, **values: object) -> None:
        async with self.database.write() as connection:
            await connection.execute(turns.update().where(which).values(values))  # type: ignore[arg-type]

    async def score(self, room: Room, step: str) -> None:
        turn = await self.stores.turns.next_to_evaluate(room.id)
        if step == "score again":
            done = await self.stores.turns.latest(room.id, 5)
            turn = next((one for one in done if one.evaluation is EvaluationState.SCORED), None)
        if turn is None:
            return
        if step == "fail":
            failed = replace(turn, evaluation=EvaluationState.FAILED)
            await self.stores.evaluations.finish(failed, was=turn, failure="no")
            return
        of = [scored(turn, subject, self.chance.randint(0, 100)) for subject in Subject]
        if turn.state is not TurnState.SENT:
            of = of[:1]
        elif self.chance.random() < 0.5:
            of = [with_empathy(one, self.chance.randint(0, 100)) for one in of]
        if step == "score by halves" and len(of) > 1:
            async with self.database.write() as connection:
                await connection.run_sync(put_evaluations, [of.pop()])
        done_ = replace(turn, evaluation=EvaluationState.SCORED)
        await self.stores.evaluations.finish(done_, was=turn, evaluations=of)

    async def send_late(self, room: Room) -> None:
        latest = await self.stores.turns.latest(room.id, 5)
        held = next((one for one in latest if one.state is TurnState.WITHHELD), None)
        if held is not None:
            again = replace(
                held, state=TurnState.READY, evaluation=EvaluationState.NONE, reply_message_ids=()
            )
            again = await self.stores.turns.save(again, was=held)
            await end_turn(self.stores, again, "late", ids=(9000 + held.id,))

    async def call(self, room: Room) -> None:
        call = replace(
            CALL,
            room_id=self.chance.choice((room.id, None)),
            agent=self.chance.choice(list(Agent)),
            started_at=NOON + timedelta(hours=self.chance.randint(0, 60)),
            outcome=self.chance.choice((CallOutcome.OK, CallOutcome.REFUSED)),
            cost=self.chance.choice((None, 0.5)),
        )
        await self.stores.calls.record(call)


def all_sums(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """The rows of the sums that count anything."""
    found = {table.name: connection.execute(table.select()).all() for table in SUMS}
    counts = {"call_days": "calls", "reply_days": "replies", "scale_days": "turns"}
    return {
        name: sorted(tuple(row) for row in rows if row._mapping[counts[name]])
        for name, rows in found.items()
    }


def counted_anew(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """The same, from all rows, as the migration adds them up."""
    for table in SUMS:
        connection.execute(table.delete())
    for statement in fills(connection.dialect.name):
        connection.execute(text(statement))
    return all_sums(connection)


async def play(file: Path, steps: Iterable[str], seed: int) -> None:
    database = await Database.open(f"sqlite:///{file}")
    try:
        stores = Stores.over(database)
        for room in (ROOM, OTHER_ROOM):
            await stores.rooms.bind(room)
        game = Play(stores, database, Random(seed))  # noqa: S311 - chance that can be repeated
        for step in steps:
            await game.take(step)
        await database.flush()
        async with database.write() as connection:
            kept = await connection.run_sync(all_sums)
            assert kept == await connection.run_sync(counted_anew)
        await stores.departures.delete(ROOM.guild_id)
        async with database.read() as connection:
            assert not any((await connection.run_sync(all_sums)).values())
    finally:
        await database.close()


@given(steps=STEPS, seed=st.integers(0, 1000))
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_sums_are_what_the_rows_add_up_to(
    migrated_file: Path, steps: list[str], seed: int
) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(play(Path(shutil.copy(migrated_file, folder)), steps, seed))


async def ended(stores: Stores, number: int, reply: str | None, at: datetime) -> Turn:
    turn = await begin_turn(stores, said(number))
    turn = await end_turn(stores, replace(turn, created_at=at), reply, ids=(100 + number,))
    subjects = Subject if reply else (Subject.DRAFT,)
    of = [scored(turn, subject, 60 if subject is Subject.DRAFT else 10) for subject in subjects]
    done = replace(turn, evaluation=EvaluationState.SCORED)
    await stores.evaluations.finish(done, was=turn, evaluations=of)
    return done


async def test_a_withheld_turn_is_no_reply_that_therapy_mended(stores: Stores) -> None:
    now = datetime.now(UTC)
    await ended(stores, 1, "a reply", now)
    await ended(stores, 2, None, now)
    sums = await stores.score_sums.read([ROOM.id], now - timedelta(hours=1))
    assert sums.days == (DayShare(now.date(), 1, 1, 0),)


async def test_days_in_part_are_added_up_from_their_rows(
    stores: Stores, database: Database
) -> None:
    for number, hours in enumerate((0, 13, 30, 55), 1):
        turn = await begin_turn(stores, said(number))
        at = NOON + timedelta(hours=hours)
        async with database.write() as connection:
            which = turns.update().where(turns.c.id == turn.id)
            await connection.execute(which.values(created_at=at))
        turn = await end_turn(stores, replace(turn, created_at=at), "a reply")
        of = [scored(turn, subject, 40) for subject in Subject]
        done = replace(turn, evaluation=EvaluationState.SCORED)
        await stores.evaluations.finish(done, was=turn, evaluations=of)
        call = replace(CALL, started_at=at)
        await stores.calls.record(call)

    async def replies(since: float, until: float) -> list[int]:
        span = NOON + timedelta(hours=since), NOON + timedelta(hours=until)
        return [day.replies for day in (await stores.score_sums.read([ROOM.id], *span)).days]

    assert await replies(0, 60) == [1, 2, 1]
    assert await replies(1, 60) == [2, 1]
    assert await replies(12, 36) == [2]
    assert await replies(14, 29) == []
    assert await replies(14, 31) == [1]
    assert await replies(20, 55) == [1]

    async def calls(since: float) -> int:
        usage = await stores.calls.usage([ROOM.id], NOON + timedelta(hours=since))
        return sum(one.calls for one in usage)

    assert [await calls(hours) for hours in (-20, 0, 0.1, 12, 14, 50)] == [4, 4, 3, 3, 2, 1]
    (usage,) = await stores.calls.usage([ROOM.id], NOON)
    assert usage.cost == pytest.approx(1.0)
