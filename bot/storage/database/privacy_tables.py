"""The table of people's choices about their words: one row a person and server."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, Table

from bot.storage.database.column_types import BigId, UtcDateTime
from bot.storage.database.metadata import metadata

privacy_choices = Table(
    "privacy_choices",
    metadata,
    Column("user_id", BigId, nullable=False),
    Column("guild_id", BigId, nullable=False),
    # Each choice with when and by whom; NULL where nobody has said anything.
    Column("storage", Boolean),
    Column("storage_at", UtcDateTime),
    Column("storage_by_id", BigId),
    Column("feedback", Boolean),
    Column("feedback_at", UtcDateTime),
    Column("feedback_by_id", BigId),
    Column("training", Boolean),
    Column("training_at", UtcDateTime),
    Column("training_by_id", BigId),
    Column("memory", Boolean),
    Column("memory_at", UtcDateTime),
    Column("memory_by_id", BigId),
    # What they said up to this message is forgotten, and not kept if it is read once more.
    Column("forgotten_up_to_id", BigId),
    PrimaryKeyConstraint("user_id", "guild_id"),
)
