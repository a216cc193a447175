"""Whether a call was made to an agent's fallback, in the account of calls to models."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column(
        "llm_calls",
        sa.Column("fallback", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
