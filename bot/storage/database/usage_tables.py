"""The tables of what was used in a day, and who was told of it.

The names of people are in none of them; their ids are those of whom a limit is kept for.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Integer, PrimaryKeyConstraint, Table

from bot.domain.limits import Scope
from bot.storage.database.column_types import BigId, EnumValue
from bot.storage.database.metadata import metadata

usage_days = Table(
    "usage_days",
    metadata,
    Column("day", Date, nullable=False),
    Column("scope", EnumValue(Scope), nullable=False),
    Column("subject_id", BigId, nullable=False),
    # Of a person: the server; 0 is all of them together.
    Column("guild_id", BigId, nullable=False),
    # With what calls under way may take at most.
    Column("calls", BigId, nullable=False),
    Column("tokens", BigId, nullable=False),
    # Nano-dollars.
    Column("cost", BigId, nullable=False),
    PrimaryKeyConstraint("day", "scope", "subject_id", "guild_id"),
)

limit_notices = Table(
    "limit_notices",
    metadata,
    Column("day", Date, nullable=False),
    Column("scope", EnumValue(Scope), nullable=False),
    Column("subject_id", BigId, nullable=False),
    Column("guild_id", BigId, nullable=False),
    # Percent of the limit.
    Column("step", Integer, nullable=False),
    PrimaryKeyConstraint("day", "scope", "subject_id", "guild_id", "step"),
)

limit_texts = Table(
    "limit_texts",
    metadata,
    Column("day", Date, nullable=False),
    Column("person_id", BigId, nullable=False),
    PrimaryKeyConstraint("day", "person_id"),
)
