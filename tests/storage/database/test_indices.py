"""No query that a person or the clock waits for reads a table from end to end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.domain import NewPost, Post, PostKind, PostTo
from bot.domain.limits import Amount, Charge, Limit, Scope, SetAsideReason, Subject
from bot.domain.search import TurnFilter
from bot.storage.database.database import Database
from bot.storage.stores.stores import Stores
from tests.storage.samples import NOON, ROOM, begin_turn, end_turn, notice, said

pytestmark = pytest.mark.sqlite

Use = Callable[[Stores], Awaitable[object]]


async def inputs(stores: Stores) -> None:
    turn = await stores.turns.get(1)
    assert turn is not None
    await stores.turn_inputs.of_turn(turn)


async def card(stores: Stores) -> None:
    turn = await stores.turns.get(1)
    assert turn is not None
    await stores.card_records.of_turn(turn)


async def rewards(stores: Stores) -> None:
    turn = await stores.turns.get(1)
    assert turn is not None
    await stores.evaluations.rewards_from(turn, 100)


POST = Post(1, NewPost(ROOM.id, PostTo.MODERATORS, PostKind.CARD, ref=1), 0, NOON)
SUBJECT = Subject(Scope.PERSON, 77)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
ALL_AT_ONCE = TurnFilter("words", 77, 1, withheld=False, language="en")
CHARGE = Charge(SUBJECT, Limit(calls=9))
USES: dict[str, Use] = {
    "revise": lambda stores: stores.messages.revise(said(3, "changed")),
    "withdraw": lambda stores: stores.messages.withdraw(ROOM.id, [3, 4]),
    "waiting": lambda stores: stores.messages.waiting(ROOM.id),
    "claim": lambda stores: stores.turns.claim(ROOM.id),
    "room": lambda stores: stores.rooms.get(ROOM.id),
    "session": lambda stores: stores.turns.utterances(1),
    "turn": lambda stores: stores.turns.get(1),
    "reply": lambda stores: stores.turns.by_reply_message(1),
    "latest": lambda stores: stores.turns.latest(ROOM.id, 5),
    "evaluate": lambda stores: stores.turns.next_to_evaluate(ROOM.id),
    "clock: evaluations": lambda stores: stores.turns.rooms_to_evaluate(),
    "clock: held": lambda stores: stores.turns.held_since(datetime.now(UTC)),
    "clock: outbox": lambda stores: stores.outbox.places_with_work(),
    "posts of a room": lambda stores: stores.outbox.waiting_in(ROOM.id, 9),
    "post": lambda stores: stores.outbox.next(ROOM.id, PostTo.MODERATORS),
    "posts behind": lambda stores: stores.outbox.behind(POST, 4),
    "posts tied": lambda stores: stores.outbox.tied(POST),
    "tie": lambda stores: stores.outbox.tie([POST]),
    "sharing": lambda stores: stores.shown_posts.turns_in(1, PostKind.CARD),
    "scores": lambda stores: stores.evaluations.of_turn(1),
    "usage": lambda stores: stores.calls.usage_of_turn(1),
    "last seen": lambda stores: stores.rooms.last_seen(ROOM.id),
    "guidance": lambda stores: stores.guidance.in_force(ROOM.id),
    "heard": lambda stores: stores.guidance.heard_in(1),
    "backlog": lambda stores: stores.turns.backlog(ROOM.id),
    "clock: digests": lambda stores: stores.digests.rooms_waiting(),
    "clock: day": lambda stores: stores.digests.make_day(ROOM.id, NOON),
    "day": lambda stores: stores.turn_history.ended_between(ROOM.id, NOON, NOON),
    "digest": lambda stores: stores.digests.get(1),
    "ratings": lambda stores: stores.evaluations.ratings_of(1),
    "rewards": rewards,
    "verdict": lambda stores: stores.evaluations.verdict_of(1),
    "calls": lambda stores: stores.calls.of_turn(1),
    "rules": lambda stores: stores.turn_history.latest_ended(ROOM.id, 10),
    "latency": lambda stores: stores.turn_history.latencies(ROOM.id),
    "log": lambda stores: stores.acts.find(1),
    "forget": lambda stores: stores.retention.forget(ROOM.id, NOON),
    "shown": lambda stores: stores.shown_posts.find(1, PostKind.CARD),
    "line": lambda stores: stores.score_lists.add(ROOM, 1),
    "list": lambda stores: stores.score_lists.of_turn(1),
    "inputs": inputs,
    "card": card,
    "told of pause": lambda stores: stores.wait_notices.told_of_pause(ROOM.id, NOON),
    "clock: delay": lambda stores: stores.wait_notices.note_delay(1),
    "notice": lambda stores: stores.rooms.notice_of(ROOM.id),
    "alliance": lambda stores: stores.alliance_curves.get(1),
    "trust": lambda stores: stores.critic_trust.get("written 1", "m"),
    "server": lambda stores: stores.rooms.of_guild(1),
    "thread": lambda stores: stores.threads.room_of_thread(1),
    "abandon": lambda stores: stores.turns.abandon(ROOM.id, "over"),
    "next work": lambda stores: stores.turns.next_work(ROOM.id),
    "cooldown": lambda stores: stores.messages.last_turns([77]),
    "name": lambda stores: stores.messages.name_of(77),
    "number": lambda stores: stores.turn_search.by_number(ROOM.id, 1),
    "find": lambda stores: stores.turn_search.find(ROOM.id, ALL_AT_ONCE, since=NOON, before=9),
    "find in a time": lambda stores: stores.turn_search.between(ROOM.id, NOON, LATER, 5),
    "person": lambda stores: stores.person_records.of(ROOM.id, 77, NOON),
    "links": lambda stores: stores.turn_search.messages_of([1, 2]),
    "server limits": lambda stores: stores.server_limits.get(1),
    "reserve": lambda stores: stores.usage_limits.reserve(NOON.date(), [CHARGE], Amount(1)),
    "settle": lambda stores: stores.usage_limits.settle(NOON.date(), [SUBJECT], Amount(1)),
    "used": lambda stores: stores.usage_limits.used(NOON.date(), [SUBJECT]),
    "set aside": lambda stores: stores.usage_limits.set_aside(
        NOON.date(), [3], SetAsideReason.ROOM_LIMIT, NOON, ()
    ),
    "clock: days": lambda stores: stores.usage_limits.forget_before(NOON.date()),
}


async def conversation(stores: Stores) -> None:
    turn = await stores.turns.get(1)
    assert turn is not None
    await stores.messages.conversation(turn)


async def plans(database: Database, use: Use) -> list[str]:
    """How SQLite would go about each statement of ``use``."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    lanes = (database._writing, database._reading)
    engines = [engine for lane in lanes for engine in (lane._engine.sync_engine, lane._in_thread)]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    await use(Stores.over(database))
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    found: list[str] = []
    async with database.read() as connection:
        for statement, parameters in seen:
            if not statement.startswith(("BEGIN", "INSERT")):
                explain = f"EXPLAIN QUERY PLAN {statement}"
                rows = await connection.exec_driver_sql(explain, parameters)
                found.extend(row.detail for row in rows)
    return found


@pytest.mark.parametrize("name", [*USES, "conversation"])
async def test_it_goes_by_an_index(stores: Stores, database: Database, name: str) -> None:
    await end_turn(stores, await begin_turn(stores, said(1)), "reply", ids=(2,))
    await stores.messages.add(said(3))
    await stores.outbox.add([notice("a")])
    found = await plans(database, USES.get(name, conversation))
    assert found
    scans = [plan for plan in found if plan.startswith("SCAN") and "INDEX" not in plan]
    # What a subquery gives is read from end to end, and found by steps of its own.
    given = {plan.replace("CO-ROUTINE", "SCAN") for plan in found if "CO-ROUTINE" in plan}
    assert [scan for scan in scans if "CONSTANT ROW" not in scan and scan not in given] == []
    assert [plan for plan in found if "TEMP B-TREE FOR ORDER BY" in plan] == [], found


async def test_looking_for_rooms_with_work_reads_the_rooms_alone(
    stores: Stores, database: Database
) -> None:
    found = await plans(database, lambda stores: stores.turns.rooms_with_work())
    assert [plan for plan in found if plan.startswith("SCAN")] == ["SCAN rooms"]
    assert any("uq_turns_open" in plan for plan in found)


async def test_whom_a_call_counts_for_is_found_by_the_whole_key(
    stores: Stores, database: Database
) -> None:
    """A day holds a row for each person who spoke in it."""
    subjects = [SUBJECT, Subject(Scope.ROOM, ROOM.id)]
    found = await plans(
        database,
        lambda stores: stores.usage_limits.settle(NOON.date(), subjects, Amount(1)),
    )
    key = "(day=? AND scope=? AND subject_id=? AND guild_id=?)"
    assert [key in plan for plan in found if plan.startswith("SEARCH")] == [True, True]


@pytest.mark.parametrize(
    ("use", "way"),
    [
        (
            lambda stores: stores.turn_history.latest_ended(ROOM.id, 10, NOON),
            "USING INDEX ix_turns_room_id_created_at (room_id=? AND created_at>?)",
        ),
        (
            lambda stores: stores.retention.forget(ROOM.id, NOON),
            "USING INDEX ix_turns_room_id_id (room_id=? AND id>? AND id<?)",
        ),
    ],
    ids=["stop rules after a resume", "daily look for what is old"],
)
async def test_the_turns_of_a_time_are_found_without_the_rooms_whole_history(
    stores: Stores, database: Database, use: Use, way: str
) -> None:
    await end_turn(stores, await begin_turn(stores, said(1)), "reply", ids=(2,))
    found = await plans(database, use)
    assert any(plan.endswith(way) for plan in found), found
    whole = "USING INDEX ix_turns_room_id_id (room_id=?)"
    assert [plan for plan in found if plan.endswith(whole)] == []


async def test_an_explanation_sees_a_scan(database: Database) -> None:
    """The test above can fail."""

    async def scan(_: Stores) -> None:
        async with database.read() as connection:
            await connection.execute(text("SELECT * FROM messages WHERE author_name = 1"))

    assert await plans(database, scan) == ["SCAN messages"]
