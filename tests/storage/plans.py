"""How SQLite goes about statements, and which of them read what grows from end to end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Engine

from bot.storage.database.database import Database
from bot.storage.database.tables import metadata

SMALL: Final = frozenset(
    {
        "rooms",
        "guilds",
        "marks",
        "critic_trust",
        # A day's alone: the day before is dropped.
        "usage_days",
        "limit_notices",
        "limit_texts",
        # Those of a room's present pause.
        "pause_notices",
        # What moderators write by hand, and who ever chose something: not with what is said.
        "guidance",
        "privacy_choices",
        "forgotten_people",
        # So many a room: what is beyond is dropped.
        "memories",
    }
)
"""Tables that do not grow with what is said: all others do."""
FEW: Final = (
    "uq_turns_open",
    "ix_turns_to_evaluate",
    "ix_turns_to_digest",
    "ix_outbox_waiting",
)
"""Partial indices of what is under way: read whole, they are short."""
_TABLE: Final = re.compile(r"^(SCAN|SEARCH) (\w+)")
_ONE_END: Final = re.compile(r"SELECT (max|min)\(")
"""The greatest or least of an index, which is its one end."""
_WHOLE: Final = re.compile(r"\((room_id|guild_id)=\?\)$")

Statements = dict[str, Any]


@contextmanager
def noted() -> Iterator[Statements]:
    """What is asked of any database meanwhile: each statement once, with its last parameters."""
    seen: Statements = {}

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:
        seen[statement] = parameters[0] if many else parameters

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def long_ways(database: Database, statements: Mapping[str, Any]) -> dict[str, list[str]]:
    """The statements that read a table that grows, or a room's whole history, with the steps."""
    found: dict[str, list[str]] = {}
    async with database.read() as connection:
        for statement, parameters in statements.items():
            if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
                explain = f"EXPLAIN QUERY PLAN {statement}"
                steps = [
                    row.detail for row in await connection.exec_driver_sql(explain, parameters)
                ]
                if long := [step for step in steps if _is_long(step, statement, steps)]:
                    found[" ".join(statement.split())] = long
    return found


def _is_long(step: str, statement: str, steps: list[str]) -> bool:
    match = _TABLE.match(step)
    if match is None:
        return False
    table = re.sub(r"_\d+$", "", match[2])
    if table not in metadata.tables or table in SMALL or any(index in step for index in FEW):
        return False
    if match[1] == "SCAN":
        return True
    if "COVERING" in step and _ONE_END.search(statement):
        return False
    stops = "LIMIT" in statement and not any("TEMP B-TREE FOR ORDER" in one for one in steps)
    return bool(_WHOLE.search(step)) and not stops
