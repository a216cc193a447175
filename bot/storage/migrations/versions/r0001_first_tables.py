"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Applies it."""
    _make_rooms()
    _make_turns()
    _make_session()
    _make_evaluation()
    _make_records()
    _make_outbox()


def _counted_table(name: str, *parts: Any) -> None:
    """A table with ids of our own, never given twice."""
    key = sa.Column("id", ID, autoincrement=True, nullable=False)
    op.create_table(name, key, *parts, _key(name, "id"), sqlite_autoincrement=True)


def _snowflake(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, ID, autoincrement=False, nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _of(table: str, column: str, owner: str, *, cascade: bool = False) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{owner}.id"],
        name=f"fk_{table}_{column}_{owner}",
        ondelete="CASCADE" if cascade else None,
    )


def _partial_index(
    name: str, table: str, columns: list[str], where: str, *, unique: bool = False
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )


def _make_rooms() -> None:
    op.create_table(
        "guilds",
        _snowflake(),
        sa.Column("created_at", MOMENT, nullable=False),
        _key("guilds", "id"),
    )
    op.create_table(
        "rooms",
        _snowflake(),
        sa.Column("guild_id", ID, nullable=False),
        sa.Column("moderator_channel_id", ID, nullable=False),
        sa.Column("therapy_parent_id", ID, nullable=False),
        sa.Column("moderator_role_id", ID),
        sa.Column("persona", sa.Text(), nullable=False),
        sa.Column("norms", sa.Text(), nullable=False),
        sa.Column("max_rounds", sa.Integer(), nullable=False),
        sa.Column("reply_when", sa.String(32), nullable=False),
        sa.Column("retention_days", sa.Integer()),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("paused_until", MOMENT),
        sa.Column("pause_reason", sa.Text(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("last_seen_message_id", ID),
        sa.Column("created_at", MOMENT, nullable=False),
        _of("rooms", "guild_id", "guilds"),
        _key("rooms", "id"),
    )
    op.create_index("ix_rooms_guild_id", "rooms", ["guild_id"])
    op.create_table(
        "therapy_threads",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("thread_id", ID, nullable=False),
        _of("therapy_threads", "room_id", "rooms", cascade=True),
        _key("therapy_threads", "room_id", "day"),
    )


def _make_turns() -> None:
    _counted_table(
        "turns",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("evaluation", sa.String(32), nullable=False),
        sa.Column("evaluation_failure", sa.Text()),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivery_tries", sa.Integer(), nullable=False),
        sa.Column("draft", sa.Text()),
        sa.Column("candidate", sa.Text()),
        sa.Column("reply", sa.Text()),
        sa.Column("withheld_because", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("replied_at", MOMENT),
        _of("turns", "room_id", "rooms"),
    )
    op.create_index("ix_turns_room_id_id", "turns", ["room_id", "id"])
    still_open = "turns.state NOT IN ('sent', 'withheld')"
    _partial_index("uq_turns_open", "turns", ["room_id"], still_open, unique=True)
    to_evaluate = "turns.evaluation = 'pending'"
    _partial_index("ix_turns_to_evaluate", "turns", ["room_id", "id"], to_evaluate)
    op.create_table(
        "messages",
        _snowflake(),
        sa.Column("room_id", ID, nullable=False),
        sa.Column("turn_id", ID),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("author_name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        _of("messages", "room_id", "rooms"),
        _of("messages", "turn_id", "turns"),
        _key("messages", "id"),
    )
    op.create_index("ix_messages_turn_id_room_id", "messages", ["turn_id", "room_id"])
    op.create_index("ix_messages_room_id_id", "messages", ["room_id", "id"])


def _make_session() -> None:
    op.create_table(
        "reply_posts",
        _snowflake("message_id"),
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        _of("reply_posts", "turn_id", "turns", cascade=True),
        _key("reply_posts", "message_id"),
    )
    op.create_index("ix_reply_posts_turn_id", "reply_posts", ["turn_id"])
    op.create_table(
        "utterances",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("speaker", sa.String(32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("review", sa.Text()),
        sa.Column("reflection", sa.Text()),
        sa.Column("at", MOMENT, nullable=False),
        _of("utterances", "turn_id", "turns", cascade=True),
        _key("utterances", "turn_id", "number"),
    )


def _make_evaluation() -> None:
    _counted_table(
        "evaluations",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("subject", sa.String(32), nullable=False),
        sa.Column("rater", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.String(64), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of("evaluations", "turn_id", "turns", cascade=True),
    )
    op.create_index("ix_evaluations_turn_id", "evaluations", ["turn_id"])
    op.create_table(
        "scores",
        sa.Column("evaluation_id", ID, nullable=False),
        sa.Column("scale", sa.String(64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        _of("scores", "evaluation_id", "evaluations", cascade=True),
        _key("scores", "evaluation_id", "scale"),
        sa.CheckConstraint("value BETWEEN 0 AND 100", name=op.f("ck_scores_value_range")),
    )
    _counted_table(
        "rewards",
        sa.Column("turn_id", ID, nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        _of("rewards", "turn_id", "turns", cascade=True),
    )
    op.create_index("ix_rewards_turn_id", "rewards", ["turn_id"])


def _make_records() -> None:
    _counted_table(
        "acts",
        sa.Column("guild_id", ID, nullable=False),
        sa.Column("room_id", ID),
        sa.Column("turn_id", ID),
        sa.Column("by_id", ID, nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_index("ix_acts_guild_id_id", "acts", ["guild_id", "id"])
    _counted_table(
        "llm_calls",
        sa.Column("room_id", ID),
        sa.Column("turn_id", ID),
        sa.Column("agent", sa.String(32), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("prompt_name", sa.Text(), nullable=False),
        sa.Column("prompt_version", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("prompt_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False),
        sa.Column("completion_tokens", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Float()),
        sa.Column("outcome", sa.String(32), nullable=False),
    )
    op.create_index("ix_llm_calls_turn_id", "llm_calls", ["turn_id"])
    op.create_index("ix_llm_calls_started_at", "llm_calls", ["started_at"])
    op.create_table(
        "privacy_choices",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("guild_id", ID, nullable=False),
        sa.Column("storage", sa.Boolean(), nullable=False),
        sa.Column("training", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _key("privacy_choices", "user_id", "guild_id"),
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        _key("marks", "name"),
    )


def _make_outbox() -> None:
    _counted_table(
        "outbox",
        sa.Column("room_id", ID, nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("turn_id", ID),
        sa.Column("ref", ID),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT),
        sa.Column("message_id", ID),
        _of("outbox", "room_id", "rooms", cascade=True),
        _of("outbox", "turn_id", "turns", cascade=True),
    )
    waiting = "outbox.done_at IS NULL"
    _partial_index("ix_outbox_waiting", "outbox", ["room_id", "place", "id"], waiting)
