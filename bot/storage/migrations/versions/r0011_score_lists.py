"""Rolling lists of scores, cards that share a message, and a digest a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply the revision."""
    op.create_index("ix_shown_messages_message_id", "shown_messages", ["message_id"])
    op.create_table(
        "score_lists",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("message_id", ID),
        sa.Column("shown", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_score_lists"),
        _goes_with("score_lists", "room_id", "rooms"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_score_lists_room_id_id", "score_lists", ["room_id", "id"])
    op.create_table(
        "day_digests",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "day", name="pk_day_digests"),
        _goes_with("day_digests", "room_id", "rooms"),
    )
    op.create_table(
        "score_lines",
        sa.Column("turn_id", ID, autoincrement=False, nullable=False),
        sa.Column("list_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", name="pk_score_lines"),
        _goes_with("score_lines", "turn_id", "turns"),
        _goes_with("score_lines", "list_id", "score_lists"),
    )
    op.create_index("ix_score_lines_list_id", "score_lines", ["list_id"])


def _goes_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete="CASCADE"
    )
