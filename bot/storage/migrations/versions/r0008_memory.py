"""Check-ins of moderators, the memory of rooms, and a fourth choice of each person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply the revision."""
    for column in (
        sa.Column("memory", sa.Boolean()),
        sa.Column("memory_at", MOMENT),
        sa.Column("memory_by_id", ID),
    ):
        op.add_column("privacy_choices", column)
    _create_check_ins()
    _create_memories()


def _create_check_ins() -> None:
    op.create_table(
        "check_ins",
        sa.Column("act_id", ID, autoincrement=False, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("turn_id", ID),
        sa.Column("answer", sa.Text()),
        sa.Column("answered_at", MOMENT),
        sa.PrimaryKeyConstraint("act_id", name="pk_check_ins"),
        _goes_with("check_ins", "act_id", "acts"),
        _goes_with("check_ins", "room_id", "rooms"),
        _goes_with("check_ins", "turn_id", "turns"),
    )
    op.create_index("ix_check_ins_turn_id", "check_ins", ["turn_id"])
    op.create_index("ix_check_ins_room_id_act_id", "check_ins", ["room_id", "act_id"])


def _create_memories() -> None:
    op.create_table(
        "memories",
        sa.Column("turn_id", ID, autoincrement=False, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("person_id", ID),
        sa.Column("themes", sa.Text(), nullable=False),
        sa.Column("keep_in_mind", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", name="pk_memories"),
        _goes_with("memories", "turn_id", "turns"),
        _goes_with("memories", "room_id", "rooms"),
    )
    op.create_index("ix_memories_room_id_turn_id", "memories", ["room_id", "turn_id"])


def _goes_with(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}_{other}", ondelete="CASCADE"
    )
