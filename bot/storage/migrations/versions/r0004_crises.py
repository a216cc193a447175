"""Crises, turns closed by a fixed text with help, rooms that are none any more, who paused one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("turns.state NOT IN ('sent', 'withheld', 'helped')")


def upgrade() -> None:
    """Apply the revision."""
    op.drop_index("uq_turns_open", table_name="turns")
    op.create_index(
        "uq_turns_open", "turns", ["room_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    _make_crises()
    op.add_column("rooms", sa.Column("released_at", MOMENT))
    op.add_column("rooms", sa.Column("released_after_turn_id", ID))
    op.add_column("rooms", sa.Column("paused_by_id", ID))
    op.add_column("rooms", sa.Column("paused_by_name", sa.Text()))
    op.add_column("rooms", sa.Column("paused_at", MOMENT))
    op.create_index("ix_therapy_threads_thread_id", "therapy_threads", ["thread_id"])
    # No simulation runs while the schema is changed: each has ended, also one that was typed in a
    # moderator channel and made that a room for good.
    op.execute(
        sa.text(
            "UPDATE rooms SET released_at = created_at, released_after_turn_id = "
            "(SELECT max(turns.id) FROM turns WHERE turns.room_id = rooms.id) WHERE simulated"
        )
    )


def _make_crises() -> None:
    op.create_table(
        "crises",
        sa.Column("id", ID, nullable=False, autoincrement=True),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("turn_id", ID),
        sa.Column("channel_id", ID, nullable=False),
        sa.Column("message_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("cause", sa.String(32), nullable=False),
        sa.Column("about_other", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(8)),
        sa.Column("rule", sa.String(100), nullable=False),
        sa.Column("short", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("taken_by_id", ID),
        sa.Column("taken_by_name", sa.Text()),
        sa.Column("false_alarm_by_id", ID),
        sa.Column("false_alarm_by_name", sa.Text()),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name="fk_crises_room_id_rooms", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turns.id"], name="fk_crises_turn_id_turns", ondelete="SET NULL"
        ),
        sa.UniqueConstraint("message_id", "kind", name="uq_crises_message_id_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_crises"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_crises_turn_id", "crises", ["turn_id"])
    op.create_index("ix_crises_room_id_id", "crises", ["room_id", "id"])
