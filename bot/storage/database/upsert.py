"""Inserts in the words that every database knows, each made once for a table and its key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

_KEY: Final = "key_"
"""Before the name of a key's column in what a statement is given: an update names it twice."""


def upsert(
    connection: Connection,
    table: Table,
    key: Mapping[str, object],
    values: Mapping[str, object],
    *,
    once: Mapping[str, object] | None = None,
) -> None:
    """Write ``values`` to the row with that key; a new row gets ``once`` too.

    Inside a writing transaction nobody comes between the look and the insert.
    """
    names = tuple(key)
    keys = {f"{_KEY}{name}": value for name, value in key.items()}
    if not connection.scalar(_look(table, names), keys):
        connection.execute(_insert(table), {**key, **values, **(once or {})})
    elif values:
        connection.execute(_update(table, names), {**values, **keys})


def insert_if_missing(
    connection: Connection,
    table: Table,
    key: Mapping[str, object],
    values: Mapping[str, object] | None = None,
) -> bool:
    """Insert a row unless there is one with that primary key; return whether it is new.

    Unlike `upsert` it holds against other processes that write at the same moment.
    """
    statement = _insert_or_leave(table, connection.dialect.name)
    return (connection.execute(statement, {**key, **(values or {})})).rowcount > 0


def insert_counted(connection: Connection, statement: Insert, values: Mapping[str, Any]) -> int:
    """Insert a row into a table whose ids are counted up, and return the row's."""
    result = connection.execute(statement, values)
    (new_id,) = result.inserted_primary_key or (None,)
    return cast("int", new_id)


@lru_cache
def _look(table: Table, names: tuple[str, ...]) -> Select[tuple[bool]]:
    return select(exists().where(_has_key(table, names)))


@lru_cache
def _insert(table: Table) -> Insert:
    return table.insert()


@lru_cache
def _update(table: Table, names: tuple[str, ...]) -> Update:
    return table.update().where(_has_key(table, names))


@lru_cache
def _insert_or_leave(table: Table, dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def _has_key(table: Table, names: tuple[str, ...]) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(f"{_KEY}{name}") for name in names))
