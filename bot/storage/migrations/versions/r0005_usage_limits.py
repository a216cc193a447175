"""What was used in a day, who was told of it, and why a message is set aside."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("guilds", sa.Column("limits", sa.Text()))
    op.add_column("messages", sa.Column("set_aside_reason", sa.String(32)))
    op.add_column(
        "messages",
        sa.Column("limit_exempt", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    # Until now only a resumed pause set messages aside.
    op.execute(
        sa.text("UPDATE messages SET set_aside_reason = 'pause' WHERE set_aside_at IS NOT NULL")
    )
    op.create_index("ix_messages_author_id_id", "messages", ["author_id", "id"])
    _make_usage()


def _make_usage() -> None:
    op.create_table(
        "usage_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("guild_id", ID, nullable=False),
        sa.Column("calls", ID, nullable=False),
        sa.Column("tokens", ID, nullable=False),
        sa.Column("cost", ID, nullable=False),
        sa.PrimaryKeyConstraint("day", "scope", "subject_id", "guild_id", name="pk_usage_days"),
    )
    op.create_table(
        "limit_notices",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scope", sa.String(32), nullable=False),
        sa.Column("subject_id", ID, nullable=False),
        sa.Column("guild_id", ID, nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "day", "scope", "subject_id", "guild_id", "step", name="pk_limit_notices"
        ),
    )
    op.create_table(
        "limit_texts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("day", "person_id", name="pk_limit_texts"),
    )
