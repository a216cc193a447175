"""Inserts in the words that every database knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Insert, Table, and_, exists, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection


async def upsert(
    connection: AsyncConnection,
    table: Table,
    key: Mapping[str, object],
    values: Mapping[str, object],
    *,
    once: Mapping[str, object] | None = None,
) -> None:
    """Write ``values`` to the row with that key; a new row gets ``once`` too.

    Inside a writing transaction nobody comes between the look and the insert.
    """
    here = and_(*(table.c[name] == value for name, value in key.items()))
    if not await connection.scalar(select(exists().where(here))):
        await connection.execute(table.insert().values({**key, **values, **(once or {})}))
    elif values:
        await connection.execute(table.update().where(here).values(dict(values)))


async def insert_if_missing(
    connection: AsyncConnection,
    table: Table,
    key: Mapping[str, object],
    values: Mapping[str, object] | None = None,
) -> bool:
    """Insert a row unless there is one with that primary key; return whether it is new.

    Unlike `upsert` it holds against other processes that write at the same moment.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table).values({**key, **(values or {})})
    return (await connection.execute(statement.on_conflict_do_nothing())).rowcount > 0


async def insert_counted(
    connection: AsyncConnection, statement: Insert, values: Mapping[str, Any]
) -> int:
    """Insert a row into a table whose ids are counted up, and return the row's."""
    result = await connection.execute(statement, values)
    (new_id,) = result.inserted_primary_key or (None,)
    return cast("int", new_id)
