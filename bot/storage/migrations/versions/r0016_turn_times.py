"""An index for the turns of a time: a room's whole history was read for the last few minutes."""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Apply the revision."""
    op.create_index(
        "ix_turns_room_id_created_at", "turns", ["room_id", "created_at", "id"], unique=False
    )
