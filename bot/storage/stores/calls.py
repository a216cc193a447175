"""The account of all calls to language models."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Final

from sqlalchemy import (
    Connection,
    RowMapping,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    union_all,
)

from bot.domain import Agent
from bot.llm.protocol import CallOutcome, CallRecord, Usage
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.record_tables import UNDER_WAY, llm_calls
from bot.storage.database.sum_tables import call_days
from bot.storage.database.tables import rooms
from bot.storage.database.upsert import add_to, add_where_there_is, insert_where_there_is
from bot.storage.stores.turn_usage import sum_of, usage_of

# Written late, it must not bring back what was deleted meanwhile.
_INSERT: Final = insert_where_there_is(rooms, llm_calls)
_COLUMNS: Final = tuple(field.name for field in fields(CallRecord) if field.name != "mark")
_OF_MARK: Final = and_(UNDER_WAY, llm_calls.c.under_way == bindparam("of_mark"))
_ANSWERED: Final = (
    llm_calls.update()
    .where(_OF_MARK)
    .values({"under_way": None, **{name: bindparam(name) for name in _COLUMNS}})
)
_ALL_UNDER_WAY: Final = select(llm_calls).where(UNDER_WAY)
_COUNTED: Final = (
    llm_calls.update()
    .where(llm_calls.c.id.in_(bindparam("call_ids", expanding=True)))
    .values(under_way=None)
)
_UNDO: Final = llm_calls.delete().where(_OF_MARK)
_SUMMED: Final = (
    "calls", "failed", "prompt_tokens", "completion_tokens", "seconds", "cost", "priced",
)  # fmt: skip
# Of whole days their sums; of the day that a time begins in, the calls since then themselves. Those
# that are under way have come to nothing yet.
_DAYS: Final = select(
    *(call_days.c[name] for name in ("agent", "model", *_SUMMED)),
).where(
    call_days.c.room_id.in_(bindparam("room_ids", expanding=True)),
    call_days.c.day >= bindparam("first_day"),
)
_FIRST_HOURS: Final = select(
    llm_calls.c.agent,
    llm_calls.c.model,
    literal(1),
    case((llm_calls.c.outcome == CallOutcome.OK, 0), else_=1),
    llm_calls.c.prompt_tokens,
    llm_calls.c.completion_tokens,
    llm_calls.c.seconds,
    func.coalesce(llm_calls.c.cost, 0.0),
    case((llm_calls.c.cost.is_(None), 0), else_=1),
).where(
    llm_calls.c.room_id.in_(bindparam("room_ids", expanding=True)),
    llm_calls.c.started_at >= bindparam("since", type_=UtcDateTime),
    llm_calls.c.started_at < bindparam("until", type_=UtcDateTime),
    llm_calls.c.under_way.is_(None),
)
_EITHER: Final = union_all(_DAYS, _FIRST_HOURS).subquery()
_BY_AGENT: Final = (
    select(
        _EITHER.c.agent,
        _EITHER.c.model,
        *(func.sum(_EITHER.c[name]).label(name) for name in _SUMMED),
    )
    .group_by(_EITHER.c.agent, _EITHER.c.model)
    .order_by(_EITHER.c.agent, _EITHER.c.model)
)
_ADAPTERS: Final = (
    select(llm_calls.c.agent, llm_calls.c.adapter)
    .where(
        llm_calls.c.room_id == bindparam("room_id"),
        llm_calls.c.started_at >= bindparam("since"),
        llm_calls.c.adapter.is_not(None),
    )
    .distinct()
    .order_by(llm_calls.c.agent, llm_calls.c.adapter)
)
_FALLBACKS: Final = (
    select(llm_calls.c.agent, llm_calls.c.model)
    .where(
        llm_calls.c.room_id == bindparam("room_id"),
        llm_calls.c.started_at >= bindparam("since"),
        llm_calls.c.fallback,
        llm_calls.c.outcome == CallOutcome.OK,
    )
    .distinct()
    .order_by(llm_calls.c.agent, llm_calls.c.model)
)
_OF_TURN: Final = (
    select(llm_calls)
    .where(llm_calls.c.turn_id == bindparam("turn_id"))
    .order_by(llm_calls.c.turn_id, llm_calls.c.id)
)


MOST_TURNS: Final = 1024
"""Turns whose calls are known in memory: more than `bot.rooms.recent_turns` knows turns."""


@dataclass(frozen=True, slots=True)
class AgentUsage:
    """One agent's calls to one model, summed up. ``cost`` is in US dollars, None if unknown."""

    agent: Agent
    model: str
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    cost: float | None


class CallStore:
    """The record of the calls."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._under_way: set[int] = set()
        self._latest: dict[int, list[CallRecord]] = {}
        """By turn: what was recorded here of the latest few."""

    def begin(self, call: CallRecord) -> Callable[[], None]:
        """Keep a call before it goes out, so that it is on record whatever happens meanwhile.

        It is written with the next transaction, such as the one that takes it from a budget;
        without limits, up to 0.2 s after it has gone out. What is returned drops it again.
        """
        self._under_way.add(call.mark)
        self._database.write_soon(_INSERT, {**_values_of(call), "under_way": call.mark})

        def undo() -> None:
            self._under_way.discard(call.mark)
            self._database.write_soon(_UNDO, {"of_mark": call.mark})

        return undo

    async def record(self, call: CallRecord) -> None:
        """Keep what a call came to, with what follows of it: whoever asked does not wait for it."""
        if call.turn_id is not None:
            self._calls_here(call.turn_id).append(call)
        if call.room_id is not None:
            add = add_where_there_is(rooms, call_days, self._database.dialect)
            self._database.write_soon(add, _of_day(call))
        if call.mark not in self._under_way:
            self._database.write_soon(_INSERT, {**_values_of(call), "under_way": None})
            return
        self._under_way.discard(call.mark)
        self._database.write_soon(_ANSWERED, {**_values_of(call), "of_mark": call.mark})

    async def count_cut_short(self, room_ids: Collection[int]) -> int:
        """Count the calls that were under way in these rooms as a process was killed, as failed.

        For whoever begins to serve the rooms. Return how many they were; none is counted twice.
        """
        here = frozenset(self._under_way)
        return await self._database.transact(lambda write: count_cut_short(write, room_ids, here))

    def usage_here(self, turn_id: int) -> Usage | None:
        """Return the sums over the calls of one of the latest turns, all made in this process.

        None where none is known.
        """
        calls = self._latest.get(turn_id)
        return None if calls is None else sum_of(calls)

    def _calls_here(self, turn_id: int) -> list[CallRecord]:
        if turn_id not in self._latest and len(self._latest) >= MOST_TURNS:
            del self._latest[next(iter(self._latest))]
        return self._latest.setdefault(turn_id, [])

    async def usage_of_turn(self, turn_id: int) -> Usage:
        """Return the sums over a turn's calls; the cost counts those whose price is known."""
        await self._database.flush()
        return await self._database.fetch(partial(usage_of, turn_id=turn_id))

    async def usage(self, room_ids: Sequence[int], since: datetime) -> tuple[AgentUsage, ...]:
        """Return the sums over some rooms' calls since a moment, by agent and model."""
        midnight = datetime.combine(since.astimezone(UTC), time(), UTC)
        if midnight < since:
            midnight += timedelta(days=1)
        of_days = {"room_ids": list(room_ids), "first_day": midnight.date()}
        keys = {**of_days, "since": since, "until": midnight}
        await self._database.flush()
        rows = await self._database.fetch(
            lambda connection: connection.execute(_BY_AGENT, keys).mappings().all()
        )
        return tuple(map(_usage, rows))

    async def adapters(self, room_id: int, since: datetime) -> tuple[tuple[Agent, str], ...]:
        """Return the adapters that spoke in a room since a moment, each with its agent."""
        await self._database.flush()
        async with self._database.read() as connection:
            rows = await connection.execute(_ADAPTERS, {"room_id": room_id, "since": since})
            return tuple((row.agent, row.adapter) for row in rows)

    async def fallbacks(self, room_id: int, since: datetime) -> tuple[tuple[Agent, str], ...]:
        """Return the models that answered as a fallback in a room, each with its agent."""
        await self._database.flush()
        async with self._database.read() as connection:
            rows = await connection.execute(_FALLBACKS, {"room_id": room_id, "since": since})
            return tuple((row.agent, row.model) for row in rows)

    async def of_turn(self, turn_id: int) -> list[CallRecord]:
        """Return a turn's calls, in order."""
        await self._database.flush()
        async with self._database.read() as connection:
            rows = (await connection.execute(_OF_TURN, {"turn_id": turn_id})).mappings().all()
        return [CallRecord(**{name: row[name] for name in _COLUMNS}) for row in rows]


def _values_of(call: CallRecord) -> dict[str, object]:
    return {name: getattr(call, name) for name in _COLUMNS}


def _of_day(call: CallRecord) -> dict[str, object]:
    """Return what one call adds to the sums of its day."""
    return {
        "room_id": call.room_id,
        "day": call.started_at.astimezone(UTC).date(),
        "agent": call.agent,
        "model": call.model,
        "calls": 1,
        "failed": int(call.outcome != CallOutcome.OK),
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "seconds": call.seconds,
        "cost": call.cost or 0.0,
        "priced": int(call.cost is not None),
    }


def count_cut_short(
    connection: Connection, room_ids: Collection[int], here: Collection[int]
) -> int:
    """Add the calls under way in these rooms to their days, but those ``here``, by their marks."""
    found = connection.execute(_ALL_UNDER_WAY).mappings().all()
    rows = [row for row in found if row["room_id"] in room_ids and row["under_way"] not in here]
    add = add_to(call_days, connection.dialect.name)
    for row in rows:
        connection.execute(add, _of_day(CallRecord(**{name: row[name] for name in _COLUMNS})))
    if rows:
        connection.execute(_COUNTED, {"call_ids": [row["id"] for row in rows]})
    return len(rows)


def _usage(row: RowMapping) -> AgentUsage:
    return AgentUsage(
        agent=row["agent"],
        model=row["model"],
        calls=row["calls"],
        failed=row["failed"],
        # PostgreSQL adds large numbers up to decimal ones.
        prompt_tokens=int(row["prompt_tokens"]),
        completion_tokens=int(row["completion_tokens"]),
        seconds=row["seconds"],
        cost=row["cost"] if row["priced"] else None,
    )
