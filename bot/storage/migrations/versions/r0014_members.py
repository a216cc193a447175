"""Rooms that were set up before answer as they did: to every message, unless something is stored.

From now on a new room answers who addresses it. A message knows what it replies to.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"

_rooms = sa.table("rooms", sa.column("id", sa.BigInteger), sa.column("settings", sa.String))


def upgrade() -> None:
    """Apply the revision."""
    _keep_answering()
    op.add_column("messages", sa.Column("reply_to_id", sa.BigInteger()))
    replies = sa.text("reply_to_id IS NOT NULL")
    op.create_index(
        "ix_messages_reply_to_id",
        "messages",
        ["reply_to_id"],
        sqlite_where=replies,
        postgresql_where=replies,
    )


def _keep_answering() -> None:
    connection = op.get_bind()
    for row in connection.execute(sa.select(_rooms)).all():
        settings = json.loads(row.settings)
        if "reply_when" not in settings:
            stored = json.dumps({**settings, "reply_when": "always"})
            change = _rooms.update().where(_rooms.c.id == row.id)
            connection.execute(change.values(settings=stored))
