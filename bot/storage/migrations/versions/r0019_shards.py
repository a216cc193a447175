"""Leases of shards, and on PostgreSQL a word to all processes when what they cache has changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.storage.database.cache_triggers import make_triggers

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Apply the revision."""
    op.create_table(
        "shard_leases",
        sa.Column("shard_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("process_id", sa.String(length=32), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("shard_id", name=op.f("pk_shard_leases")),
    )
    op.create_table(
        "shard_processes",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("shard_count", sa.Integer(), nullable=True),
        sa.Column("shares", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shard_processes")),
    )
    make_triggers(op.get_bind())
