"""Inserts in the words that every database knows, each made once for a table and its key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import (
    BindParameter,
    Connection,
    Exists,
    Insert,
    Table,
    bindparam,
    or_,
    select,
)
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def upsert(
    connection: Connection,
    table: Table,
    key: Mapping[str, object],
    values: Mapping[str, object],
    *,
    once: Mapping[str, object] | None = None,
) -> None:
    """Write ``values`` to the row with that unique key; a new row gets ``once`` too."""
    statement = upsert_of(table, tuple(key), tuple(values), connection.dialect.name)
    connection.execute(statement, {**key, **values, **(once or {})})


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


def add_to(table: Table, dialect: str) -> Insert:
    """Return the statement that adds a row's figures to those of the row with its primary key.

    Where there is none, the row is inserted. A figure is any column that is not of the key.
    """
    return _add(table, "postgresql" if dialect == "postgresql" else "sqlite")


def add_where_there_is(owner: Table, table: Table, dialect: str) -> Insert:
    """Return the same for a table with a column such as `room_id`: nothing without that room.

    What is written late cannot bring back what was deleted meanwhile.
    """
    return _add(table, "postgresql" if dialect == "postgresql" else "sqlite", owner)


@lru_cache
def insert_where_there_is(owner: Table, table: Table) -> Insert:
    """Return the insert of a row with its ``owner_id``: nothing where there is no such owner.

    It is for tables without that foreign key, whose rows may also have no owner at all.
    """
    values = [column for column in table.c if not column.primary_key]
    owner_id, there = _owner(owner)
    row = select(*(bindparam(column.name, type_=column.type) for column in values))
    names = [column.name for column in values]
    return table.insert().from_select(names, row.where(or_(owner_id.is_(None), there)))


def insert_counted(connection: Connection, statement: Insert, values: Mapping[str, Any]) -> int:
    """Insert a row into a table whose ids are counted up, and return the row's."""
    result = connection.execute(statement, values)
    (new_id,) = result.inserted_primary_key or (None,)
    return cast("int", new_id)


@lru_cache
def upsert_of(table: Table, key: tuple[str, ...], values: tuple[str, ...], dialect: str) -> Insert:
    """Return the statement that writes ``values`` to the row with that unique key."""
    insert = _insert_into(table, dialect)
    if not values:
        return insert.on_conflict_do_nothing(index_elements=key)
    change = {name: insert.excluded[name] for name in values}
    return insert.on_conflict_do_update(index_elements=key, set_=change)


@lru_cache
def _insert_or_leave(table: Table, dialect: str) -> Insert:
    return _insert_into(table, dialect).on_conflict_do_nothing()


@lru_cache
def _add(table: Table, dialect: str, owner: Table | None = None) -> Insert:
    insert = _insert_into(table, dialect)
    if owner is not None:
        values = select(*(bindparam(column.name, type_=column.type) for column in table.c))
        _, there = _owner(owner)
        insert = insert.from_select([column.name for column in table.c], values.where(there))
    figures = [column for column in table.c if not column.primary_key]
    more = {column.name: column + insert.excluded[column.name] for column in figures}
    return insert.on_conflict_do_update(index_elements=[*table.primary_key], set_=more)


def _insert_into(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 2 MB where SQLite is all there is

    return postgresql.insert(table)


def _owner(owner: Table) -> tuple[BindParameter[int], Exists]:
    """Return the owner's id as a row has it, and whether there is one.

    Until the row is written nobody deletes it: on SQLite nobody else writes anyway.
    """
    owner_id = bindparam(f"{owner.name.removesuffix('s')}_id", type_=owner.c.id.type)
    found = select(owner.c.id).where(owner.c.id == owner_id)
    return owner_id, found.with_for_update(read=True, key_share=True).exists()
