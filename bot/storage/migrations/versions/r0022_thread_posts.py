"""An index of what was posted in the threads of a room, in their order."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

_IN_THREAD: Final = sa.text("outbox.place = 'therapy room' AND outbox.message_id IS NOT NULL")


def upgrade() -> None:
    """Apply the revision."""
    op.create_index(
        "ix_outbox_in_thread",
        "outbox",
        ["room_id", "message_id"],
        sqlite_where=_IN_THREAD,
        postgresql_where=_IN_THREAD,
    )
