"""From where on a room's messages may be unread."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0015"
down_revision = "0010"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("rooms", sa.Column("unread_after_message_id", ID))
