"""Numbers by which people call replies, each once in its room, and reviews."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NUMBER = """
UPDATE turns SET number = counted.number FROM (
    SELECT id, row_number() OVER (PARTITION BY room_id ORDER BY id) AS number FROM turns
) AS counted
WHERE counted.id = turns.id
"""


def upgrade() -> None:
    """Apply the revision."""
    op.add_column(
        "turns", sa.Column("number", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.execute(_NUMBER)
    op.create_index("uq_turns_room_id_number", "turns", ["room_id", "number"], unique=True)
    _create_reviews()


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("turn_id", ID, autoincrement=False, nullable=False),
        sa.Column("taken_by_id", ID),
        sa.Column("taken_by_name", sa.Text()),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("turn_id", name="pk_reviews"),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turns.id"], name="fk_reviews_turn_id_turns", ondelete="CASCADE"
        ),
    )
