"""What the Critic says of a day's talk as a whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the revision."""
    op.create_table(
        "day_looks",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("safe", sa.String(32), nullable=False),
        sa.Column("ethical", sa.String(32), nullable=False),
        sa.Column("good", sa.String(32), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "day", name=op.f("pk_day_looks")),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["rooms.id"],
            name=op.f("fk_day_looks_room_id_rooms"),
            ondelete="CASCADE",
        ),
    )
