"""The script that Alembic runs for every command. It is given its connection."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from bot.storage.database.metadata import tell_postgres
from bot.storage.database.tables import metadata


def render_item(kind: str, item: Any, _: Any) -> str | Literal[False]:
    """Write our column types as what the database sees: a revision must not change with them."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


tell_postgres()  # a revision that it writes says them for both
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot change a table in place: Alembic makes a new one and moves the rows.
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
