"""Indices for what a person said in a room, and for the day's adapters and fallbacks."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

_ADAPTERS: Final = sa.text("llm_calls.adapter IS NOT NULL")


def upgrade() -> None:
    """Apply the revision."""
    op.drop_index("ix_messages_author_id_room_id", "messages")
    of_person = ["author_id", "room_id", "turn_id", "sent_at"]
    op.create_index("ix_messages_of_person", "messages", of_person)
    for name, on_sqlite, on_postgres in (
        ("ix_llm_calls_adapters", _ADAPTERS, _ADAPTERS),
        (
            "ix_llm_calls_fallbacks",
            sa.text("llm_calls.fallback = 1"),
            sa.text("llm_calls.fallback"),
        ),
    ):
        op.create_index(
            name,
            "llm_calls",
            ["room_id", "started_at"],
            sqlite_where=on_sqlite,
            postgresql_where=on_postgres,
        )
