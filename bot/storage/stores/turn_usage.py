"""The sums over a turn's calls to language models, from its rows or from the calls themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, bindparam, case, func, select

from bot.llm.protocol import CallOutcome, CallRecord, Usage
from bot.storage.database.record_tables import llm_calls

_FALLBACK: Final = case((llm_calls.c.fallback, llm_calls.c.model), else_=None)
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


def sum_of(calls: Sequence[CallRecord]) -> Usage:
    """Return the same of calls that are at hand."""
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
