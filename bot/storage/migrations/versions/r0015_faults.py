"""From where a room may be unread, who was told that a model is away, what may be tried again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("rooms", sa.Column("unread_after_message_id", ID))
    op.add_column("turns", sa.Column("retry_from", sa.String(32)))
    op.add_column(
        "turns", sa.Column("retried", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "away_notices",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "person_id", name=op.f("pk_away_notices")),
        sa.ForeignKeyConstraint(
            ["turn_id"],
            ["turns.id"],
            name=op.f("fk_away_notices_turn_id_turns"),
            ondelete="CASCADE",
        ),
    )
