"""When the present try of a turn began, up to where a person is forgotten, calls under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("turns", sa.Column("began_at", sa.DateTime(timezone=True)))
    op.create_table(
        "forgotten_people",
        sa.Column("person_mark", sa.String(32), nullable=False),
        sa.Column("guild_id", ID, nullable=False),
        sa.Column("up_to_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("guild_id", "person_mark", name="pk_forgotten_people"),
    )
    op.add_column("llm_calls", sa.Column("under_way", ID))
    under_way = sa.text("llm_calls.under_way IS NOT NULL")
    op.create_index(
        "ix_llm_calls_under_way",
        "llm_calls",
        ["under_way"],
        sqlite_where=under_way,
        postgresql_where=under_way,
    )
