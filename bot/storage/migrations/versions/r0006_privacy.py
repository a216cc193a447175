"""Three choices of each person, with when and by whom; and servers that the bot has left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
CHOICES = ("storage", "feedback", "training")

BEFORE = sa.table(
    "privacy_choices",
    sa.column("user_id", ID),
    sa.column("guild_id", ID),
    sa.column("storage", sa.Boolean()),
    sa.column("training", sa.Boolean()),
    sa.column("changed_at", MOMENT),
)


def upgrade() -> None:
    """Apply the revision."""
    op.add_column("guilds", sa.Column("left_at", MOMENT))
    # Forgetting looks for the posts about a turn.
    op.create_index("ix_outbox_turn_id", "outbox", ["turn_id"])
    rows = op.get_bind().execute(sa.select(BEFORE)).mappings().all()
    op.drop_table("privacy_choices")
    after = op.create_table(
        "privacy_choices",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("guild_id", ID, nullable=False),
        *(column for choice in CHOICES for column in _columns(choice)),
        sa.PrimaryKeyConstraint("user_id", "guild_id", name="pk_privacy_choices"),
    )
    if rows:
        op.bulk_insert(after, [_converted(row) for row in rows])


def _columns(choice: str) -> list[sa.Column[object]]:
    return [
        sa.Column(choice, sa.Boolean()),
        sa.Column(f"{choice}_at", MOMENT),
        sa.Column(f"{choice}_by_id", ID),
    ]


def _converted(row: sa.RowMapping) -> dict[str, object]:
    """Return the row as it is now: both choices were made by the person, at one moment."""
    converted: dict[str, object] = {"user_id": row["user_id"], "guild_id": row["guild_id"]}
    for choice in ("storage", "training"):
        converted[choice] = row[choice]
        converted[f"{choice}_at"] = row["changed_at"]
        converted[f"{choice}_by_id"] = row["user_id"]
    return converted
