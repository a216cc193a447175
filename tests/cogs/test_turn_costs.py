"""What a turn costs the database, from the message to the card: trips, statements, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import aiosqlite
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.sql.elements import BinaryExpression
from sqlalchemy.sql.selectable import Select

from bot.llm.protocol import Usage
from bot.storage.stores.calls import CallStore
from tests.cogs.conftest import Server

MOST_TRIPS = 20
MOST_STATEMENTS = 30


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """What is asked of the database meanwhile, and what is made anew to ask it."""
    counts: Counter[str] = Counter()
    execute = aiosqlite.Connection._execute
    makers = {kind: kind.__init__ for kind in (BinaryExpression, Select)}

    async def go(self: aiosqlite.Connection, *args: Any) -> Any:
        counts["trips"] += 1
        return await execute(self, *args)  # type: ignore[no-untyped-call]

    def note(*_: Any) -> None:
        counts["statements"] += 1

    def made(kind: type[Any]) -> Any:
        def make(self: Any, *args: Any, **options: Any) -> None:
            counts[kind.__name__] += 1
            makers[kind](self, *args, **options)

        return make

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with (
            patch.object(aiosqlite.Connection, "_execute", go),
            patch.object(BinaryExpression, "__init__", made(BinaryExpression)),
            patch.object(Select, "__init__", made(Select)),
        ):
            yield counts
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def test_a_clean_turn_makes_few_trips_and_statements(
    room: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = room.bot.stores.outbox._database
    # Agents on a script record no calls, which a turn's own process knows without a look.
    monkeypatch.setattr(CallStore, "usage_here", lambda *_: Usage(calls=6))
    await room.ana.send(room.lobby, "Hello!")
    await database.flush()
    with counted() as counts:
        await room.ana.send(room.lobby, "I am back.")
        await database.flush()  # what it has left to be written soon
    assert len(room.cards()) == 2
    assert 0 < counts["trips"] <= MOST_TRIPS
    assert counts["trips"] < counts["statements"] <= MOST_STATEMENTS


async def test_no_statement_of_a_turn_is_made_anew(room: Server) -> None:
    """Making an expression takes longer than what it asks of the database."""
    await room.ana.send(room.lobby, "Hello!")
    with counted() as counts:
        await room.ana.send(room.lobby, "I am back.")
    assert (counts["Select"], counts["BinaryExpression"]) == (0, 0)
