"""Whether a reply kept to the guidance that took part in it, and at which round that was seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("guidance_heard", sa.Column("checked_round", sa.Integer()))
    op.add_column("guidance_heard", sa.Column("followed", sa.Boolean()))
