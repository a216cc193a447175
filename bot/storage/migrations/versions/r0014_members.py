"""Rooms that were set up before answer as they did: to every message, unless something is stored.

From now on a new room answers who addresses it. A message knows what it replies to. What members
say of replies is kept.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_rooms = sa.table("rooms", sa.column("id", sa.BigInteger), sa.column("settings", sa.String))


def upgrade() -> None:
    """Apply the revision."""
    _keep_answering()
    _add_replies()
    _add_feedback()
    op.add_column("guilds", sa.Column("greeted_at", sa.DateTime(timezone=True)))


def _add_replies() -> None:
    op.add_column("messages", sa.Column("reply_to_id", ID))
    replies = sa.text("messages.reply_to_id IS NOT NULL")
    op.create_index(
        "ix_messages_reply_to_id",
        "messages",
        ["reply_to_id"],
        sqlite_where=replies,
        postgresql_where=replies,
    )


def _add_feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["turn_id"], ["turns.id"], name="fk_feedback_turn_id_turns", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("turn_id", "person_id", name="uq_feedback_turn_id_person_id"),
        sqlite_autoincrement=True,
    )


def _keep_answering() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_rooms)).all():
        settings = json.loads(row.settings)
        if "reply_when" not in settings:
            stored = json.dumps({**settings, "reply_when": "always"})
            change = _rooms.update().where(_rooms.c.id == row.id)
            connection.execute(change.values(settings=stored))
