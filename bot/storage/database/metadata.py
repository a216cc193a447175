"""The parts that all tables share: one catalogue, names for constraints, and common columns."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, ForeignKey, Index, MetaData, TextClause

from bot.storage.database.column_types import BigId

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


_WHERE: Final = "where"


def own_id() -> Column[int]:
    """Make a key counted up by us; with `COUNTED` no id is given twice, even after a deletion."""
    return Column("id", BigId, primary_key=True, autoincrement=True)


def partial_index(
    name: str,
    where: TextClause,
    *columns: Column[Any],
    unique: bool = False,
    postgres_where: TextClause | None = None,
) -> Index:
    """Make an index of the rows for which ``where`` holds; a query uses it that says the same.

    ``postgres_where`` says it where PostgreSQL does not understand SQLite's words.
    """
    index = Index(name, *columns, unique=unique, sqlite_where=where)
    index.info[_WHERE] = where if postgres_where is None else postgres_where
    return index


def tell_postgres() -> None:
    """Say the conditions of partial indices to PostgreSQL's dialect too.

    Not where they are made: an index with a word for a dialect loads it, and a bot with SQLite
    would keep 2 MB of PostgreSQL's. `create` says them, and whoever writes a revision.
    """
    for table in metadata.tables.values():
        for index in table.indexes:
            if _WHERE in index.info:
                index.kwargs["postgresql_where"] = index.info[_WHERE]


COUNTED: Final[dict[str, Any]] = {"sqlite_autoincrement": True}


def snowflake() -> Column[int]:
    """Make a key that is a number of Discord's."""
    return Column("id", BigId, primary_key=True, autoincrement=False)


def of_turn(**options: Any) -> Column[int]:
    """Make a column for the turn that a row belongs to, and goes with."""
    return Column("turn_id", BigId, ForeignKey("turns.id", ondelete="CASCADE"), **options)
