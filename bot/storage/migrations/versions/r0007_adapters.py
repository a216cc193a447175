"""The adapter under which an agent spoke, in the account of calls to models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("llm_calls", sa.Column("adapter", sa.Text()))
