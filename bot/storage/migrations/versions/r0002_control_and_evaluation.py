"""Settings as one value, people's seats, gates, guidance, ratings, verdicts and digests."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies it."""
    _gather_settings()
    _widen_turns()
    _make_guidance()
    _make_judgements()
    op.add_column("messages", sa.Column("set_aside_at", MOMENT))
    op.add_column("scores", sa.Column("spread", sa.Integer()))
    op.create_index("ix_acts_turn_id", "acts", ["turn_id"])
    op.create_index("ix_llm_calls_room_id_started_at", "llm_calls", ["room_id", "started_at"])


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}_{owner}"
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def _gather_settings() -> None:
    """The five columns of settings become one, with the values that each room has."""
    for column in (
        sa.Column("settings", sa.Text()),
        sa.Column("therapist_id", ID),
        sa.Column("therapist_name", sa.Text()),
        sa.Column("paused_after_message_id", ID),
        sa.Column("resumed_at", MOMENT),
    ):
        op.add_column("rooms", column)
    rooms = sa.table(
        "rooms",
        sa.column("id", ID),
        sa.column("settings", sa.Text()),
        *map(sa.column, ("persona", "norms", "max_rounds", "reply_when", "retention_days")),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(rooms)).mappings().all():
        change = rooms.update().where(rooms.c.id == row["id"])
        connection.execute(change.values(settings=json.dumps(_settings(row))))
    with op.batch_alter_table("rooms") as batch:
        batch.alter_column("settings", existing_type=sa.Text(), nullable=False)
        for name in ("persona", "norms", "max_rounds", "reply_when", "retention_days"):
            batch.drop_column(name)


def _settings(row: Any) -> dict[str, object]:
    """The values within the bounds that they have from now on."""
    kept = row["retention_days"]
    return {
        "persona": row["persona"][:100] or "default",
        "norms": row["norms"][:2000],
        "max_rounds": min(max(row["max_rounds"], 1), 10),
        "reply_when": row["reply_when"],
        "retention_days": None if kept is None else min(max(kept, 1), 3650),
    }


def _widen_turns() -> None:
    for column in (
        sa.Column("waits_until", MOMENT),
        sa.Column("unattended", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("approved", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("changed_at", MOMENT),
        sa.Column("reply_deleted_at", MOMENT),
        sa.Column("digest_due", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("digest_id", ID),
    ):
        op.add_column("turns", column)
    due = sa.text("turns.digest_due")
    op.create_index(
        "ix_turns_to_digest", "turns", ["room_id", "id"], sqlite_where=due, postgresql_where=due
    )
    op.create_index("ix_turns_digest_id", "turns", ["digest_id"])


def _make_guidance() -> None:
    op.create_table(
        "guidance",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("turns_left", sa.Integer(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        _of("guidance", "room_id", "rooms"),
        _key("guidance", "id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_guidance_room_id_id", "guidance", ["room_id", "id"])
    op.create_table(
        "guidance_heard",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("guidance_id", ID, nullable=False),
        _of("guidance_heard", "turn_id", "turns"),
        _of("guidance_heard", "guidance_id", "guidance"),
        _key("guidance_heard", "turn_id", "guidance_id"),
    )


def _make_judgements() -> None:
    op.create_table(
        "ratings",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False, autoincrement=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("scores", sa.Text()),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of("ratings", "turn_id", "turns"),
        _key("ratings", "turn_id", "person_id"),
    )
    op.create_table(
        "verdicts",
        sa.Column("turn_id", ID, nullable=False, autoincrement=False),
        sa.Column("safe", sa.String(32), nullable=False),
        sa.Column("ethical", sa.String(32), nullable=False),
        sa.Column("good", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        _of("verdicts", "turn_id", "turns"),
        _key("verdicts", "turn_id"),
    )
    op.create_table(
        "digests",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        _of("digests", "room_id", "rooms"),
        _key("digests", "id"),
        sqlite_autoincrement=True,
    )
