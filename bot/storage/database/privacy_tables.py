"""The tables of people's choices about their words, and of who is forgotten: by server."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, PrimaryKeyConstraint, String, Table

from bot.storage.database.column_types import BigId, UtcDateTime
from bot.storage.database.metadata import metadata

privacy_choices = Table(
    "privacy_choices",
    metadata,
    Column("user_id", BigId, nullable=False),
    Column("guild_id", BigId, nullable=False, index=True),
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
    PrimaryKeyConstraint("user_id", "guild_id"),
)

# Without it words of theirs that are read once more, such as from the history, would be kept again.
forgotten_people = Table(
    "forgotten_people",
    metadata,
    # Made of their id and the server's. It is no secret: who has the ids can make it again.
    Column("person_mark", String(32), nullable=False),
    Column("guild_id", BigId, nullable=False),
    # The message up to which their words are forgotten.
    Column("up_to_id", BigId, nullable=False),
    PrimaryKeyConstraint("guild_id", "person_mark"),
)
