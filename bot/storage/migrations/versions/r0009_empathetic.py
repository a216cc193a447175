"""How empathetic the Critic finds a text, where that is measured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("evaluations", sa.Column("empathetic", sa.Integer()))
