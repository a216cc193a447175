"""The account of all calls to language models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
from bot.storage.database.upsert import add_to

_INSERT: Final = llm_calls.insert()
_COLUMNS: Final = tuple(field.name for field in fields(CallRecord) if field.name != "mark")
_OF_MARK: Final = and_(UNDER_WAY, llm_calls.c.under_way == bindparam("of_mark"))
_ANSWERED: Final = (
    llm_calls.update()
    .where(_OF_MARK)
    .values({"under_way": None, **{name: bindparam(name) for name in _COLUMNS}})
)
_UNDO: Final = llm_calls.delete().where(_OF_MARK)
_FALLBACK: Final = case((llm_calls.c.fallback, llm_calls.c.model), else_=None)
_SUMMED: Final = (
    "calls", "failed", "prompt_tokens", "completion_tokens", "seconds", "cost", "priced",
)  # fmt: skip
_USAGE: Final = (
    select(
        llm_calls.c.agent,
        llm_calls.c.adapter,
        _FALLBACK.label("fallback_model"),
        func.count().label("calls"),
        func.sum(llm_calls.c.prompt_tokens).label("prompt_tokens"),
        func.sum(llm_calls.c.completion_tokens).label("completion_tokens"),
        func.sum(llm_calls.c.seconds).label("seconds"),
        func.sum(llm_calls.c.cost).label("cost"),
        func.sum(case((llm_calls.c.outcome == CallOutcome.OK, 1), else_=0)).label("answered"),
    )
    .where(llm_calls.c.turn_id == bindparam("turn_id"))
    .group_by(llm_calls.c.agent, llm_calls.c.adapter, _FALLBACK)
)
# Of whole days their sums; of the day that a time begins in, the calls since then themselves. Those
# that are under way, or were when the bot was killed, have come to nothing yet.
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


MOST_TURNS: Final = 256
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

        It is written with the next transaction, such as the one that takes it from a budget. What
        is returned drops it again.
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
            self._database.write_soon(add_to(call_days, self._database.dialect), _of_day(call))
        if call.mark not in self._under_way:
            self._database.write_soon(_INSERT, _values_of(call))
            return
        self._under_way.discard(call.mark)
        self._database.write_soon(_ANSWERED, {**_values_of(call), "of_mark": call.mark})

    def usage_here(self, turn_id: int) -> Usage | None:
        """Return the sums over the calls of one of the latest turns, all made in this process.

        None where none is known.
        """
        calls = self._latest.get(turn_id)
        return None if calls is None else _sum(calls)

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


def usage_of(connection: Connection, turn_id: int) -> Usage:
    """Return the sums over a turn's calls; the cost counts those whose price is known."""
    usage = Usage()
    rows = connection.execute(_USAGE, {"turn_id": turn_id}).all()
    for row in rows:
        usage.calls += row.calls
        usage.prompt_tokens += row.prompt_tokens
        usage.completion_tokens += row.completion_tokens
        usage.seconds += row.seconds
        if row.cost is not None:
            usage.cost = (usage.cost or 0.0) + row.cost
        if row.adapter is not None:
            usage.adapters.append((row.agent, row.adapter))
        if row.fallback_model is not None and row.answered:
            usage.fallbacks.append((row.agent, row.fallback_model))
    usage.adapters.sort()
    usage.fallbacks.sort()
    return usage


def _sum(calls: Sequence[CallRecord]) -> Usage:
    priced = [call.cost for call in calls if call.cost is not None]
    answered = [call for call in calls if call.outcome == CallOutcome.OK]
    return Usage(
        calls=len(calls),
        prompt_tokens=sum(call.prompt_tokens for call in calls),
        completion_tokens=sum(call.completion_tokens for call in calls),
        seconds=sum(call.seconds for call in calls),
        cost=sum(priced) if priced else None,
        adapters=sorted({(call.agent, call.adapter) for call in calls if call.adapter}),
        fallbacks=sorted({(call.agent, call.model) for call in answered if call.fallback}),
    )
