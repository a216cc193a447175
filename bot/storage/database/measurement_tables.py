"""The tables of measurements besides scores: a turn's alliance, and a Critic's self-tests."""

from __future__ import annotations

from sqlalchemy import Column, PrimaryKeyConstraint, Table

from bot.storage.database.column_types import StorableText
from bot.storage.database.metadata import metadata, of_turn

alliance_curves = Table(
    "alliance_curves",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
    Column("curves", StorableText, nullable=False),  # JSON
)

critic_trust = Table(
    "critic_trust",
    metadata,
    Column("method", StorableText, nullable=False),
    Column("model", StorableText, nullable=False),
    Column("figures", StorableText, nullable=False),  # JSON
    PrimaryKeyConstraint("method", "model"),
)
