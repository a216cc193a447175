"""A database that takes nothing more, as on a full disk: no model is asked again in vain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.domain import EvaluationState, PostKind, TurnState
from bot.domain.limits import Limit, OperatorLimits
from bot.domain.server_limits import ServerLimits
from bot.storage.database.troubles import DatabaseUnavailable
from tests.world import LOBBY, World

TICKS = 12
"""The clock strikes every five seconds: a minute."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    opened = await World(tmp_path, rooms=(LOBBY, 11, 12, 13)).open()
    yield opened
    await opened.close()


FULL: Final = {
    "sqlite": "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    "postgresql": "EXECUTE FUNCTION fail_for_want_of_room()",
}
FAIL_ON_POSTGRES: Final = """
CREATE OR REPLACE FUNCTION fail_for_want_of_room() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$
"""


async def fill_disk(world: World, *tables: str) -> None:
    """Let no row of these tables be changed, as a full disk would."""
    async with world.database.write() as connection:
        database = connection.dialect.name
        if database == "postgresql":
            await connection.execute(text(FAIL_ON_POSTGRES))
        for table in tables:
            for what in ("INSERT", "UPDATE"):
                trigger = f"CREATE TRIGGER full_{table}_{what} BEFORE {what} ON {table}"
                await connection.execute(text(f"{trigger} {FULL[database]}"))


async def free_disk(world: World, *tables: str) -> None:
    async with world.database.write() as connection:
        on = "ON {}" if connection.dialect.name == "postgresql" else ""
        for table in tables:
            for what in ("INSERT", "UPDATE"):
                drop = f"DROP TRIGGER full_{table}_{what} {on.format(table)}"
                await connection.execute(text(drop))


async def minute(world: World) -> None:
    for _ in range(TICKS):
        await world.engine.recover()
        await world.settle()


async def claim_everywhere(world: World) -> None:
    """Have each room in the midst of a turn when the disk is full."""
    world.script.gate = asyncio.Event()
    for room_id in world.rooms:
        await world.say("Hi", room_id)
    await world.moments.reach("draft", len(world.rooms))


async def test_on_a_full_disk_no_model_is_asked_again(world: World) -> None:
    await claim_everywhere(world)
    await fill_disk(world, "turns", "marks")
    assert world.script.gate is not None
    with capture_logs() as logs:
        world.script.gate.set()
        await minute(world)
        await minute(world)
    assert world.script.called == ["draft"] * len(world.rooms), "those that were under way"
    failed = [entry for entry in logs if entry["log_level"] == "error"]
    assert len(failed) <= 2, [entry["event"] for entry in failed]
    assert len(logs) < 5 * len(world.rooms)
    assert (await world.turn(1)).state is TurnState.CLAIMED


async def test_it_goes_on_when_there_is_room_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await claim_everywhere(world)
    await fill_disk(world, "turns", "marks")
    assert world.script.gate is not None
    world.script.gate.set()
    monkeypatch.setattr("bot.tasks.FIRST_WAIT", 0.0)
    await minute(world)
    await free_disk(world, "turns", "marks")
    await minute(world)
    assert [len(world.chat.replies(room_id)) for room_id in world.rooms] == [1] * 4


async def test_a_turn_that_cannot_be_stored_is_tried_ever_more_rarely(world: World) -> None:
    """Other things can be: the check before a try does not help."""
    await claim_everywhere(world)
    await fill_disk(world, "turns")
    assert world.script.gate is not None
    world.script.gate.set()
    await minute(world)
    drafts = world.script.called.count("draft")
    assert drafts <= 2 * len(world.rooms)
    await minute(world)
    assert world.script.called.count("draft") == drafts


async def test_a_score_that_cannot_be_stored_is_not_asked_for_again_and_again(
    world: World,
) -> None:
    await fill_disk(world, "evaluations", "marks")
    await world.say("Hi")
    await world.settle()
    assert len(world.chat.replies()) == 1
    scored = len(world.script.called)
    await minute(world)
    await minute(world)
    assert len(world.script.called) == scored


async def test_a_notice_that_cannot_be_stored_costs_nobody_their_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World(tmp_path, operator=OperatorLimits(person=Limit(calls=6))).open()
    limits = type(world.stores.usage_limits)

    async def fail(*_: object) -> bool:
        raise DatabaseUnavailable("disk full")

    with monkeypatch.context() as failing:
        failing.setattr(limits, "note_steps", fail)
        await world.say("Hi")
        await world.settle()
    assert world.chat.texts() == ["The first thought on Hi."]
    assert (await world.turn()).evaluation is EvaluationState.SCORED
    await world.say("And now?")
    await world.settle()
    await world.heal()
    assert world.shown(PostKind.NOTICE), "told all the same"
    await world.close()


async def test_a_database_that_is_away_within_a_step_costs_nobody_their_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = await World(tmp_path, operator=OperatorLimits(person=Limit(calls=100))).open()
    get, away = world.stores.server_limits.get, [True]

    async def fail_once(guild_id: int) -> ServerLimits:
        if world.moments.passed[-1:] == ["draft"] and away.pop():
            raise DatabaseUnavailable("the connection was lost")
        return await get(guild_id)

    monkeypatch.setattr(type(world.stores.server_limits), "get", lambda _, id_: fail_once(id_))
    await world.say("Hi")
    await world.settle()
    await world.heal()
    assert away == []
    assert world.chat.texts() == ["The first thought on Hi."]
    await world.close()
