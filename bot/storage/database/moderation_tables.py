"""The tables of what moderators give and get: guidance, ratings, rewards, verdicts, reviews."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from bot.domain.ratings import Opinion, RatingKind
from bot.storage.database.column_types import (
    BigId,
    EnumValue,
    JsonObject,
    ReasonText,
    StorableText,
    UtcDateTime,
)
from bot.storage.database.metadata import COUNTED, metadata, of_turn, own_id

guidance = Table(
    "guidance",
    metadata,
    own_id(),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("by_id", BigId, nullable=False, index=True),
    Column("by_name", StorableText, nullable=False),
    Column("text", StorableText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("turns_left", Integer, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("ix_guidance_room_id_id", "room_id", "id"),
    **COUNTED,
)

guidance_heard = Table(
    "guidance_heard",
    metadata,
    of_turn(nullable=False),
    Column(
        "guidance_id",
        BigId,
        ForeignKey("guidance.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # The round at which it was seen whether the reply follows it; NULL: not yet, or not to be said.
    Column("checked_round", Integer),
    Column("followed", Boolean),
    PrimaryKeyConstraint("turn_id", "guidance_id"),
)

ratings = Table(
    "ratings",
    metadata,
    of_turn(nullable=False),
    Column("person_id", BigId, nullable=False, autoincrement=False, index=True),
    Column("person_name", StorableText, nullable=False),
    Column("kind", EnumValue(RatingKind), nullable=False),
    Column("scores", JsonObject),
    Column("why", StorableText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    PrimaryKeyConstraint("turn_id", "person_id"),
)

rewards = Table(
    "rewards",
    metadata,
    own_id(),
    of_turn(nullable=False, index=True),
    Column("source", String(64), nullable=False, index=True),
    Column("value", Float, nullable=False),
    Column("reason", ReasonText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    **COUNTED,
)

verdicts = Table(
    "verdicts",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
    Column("safe", EnumValue(Opinion), nullable=False),
    Column("ethical", EnumValue(Opinion), nullable=False),
    Column("good", EnumValue(Opinion), nullable=False),
    Column("reason", ReasonText, nullable=False),
    Column("method", StorableText, nullable=False),
    Column("model", String(200), nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
    Column("taken_by_id", BigId, index=True),
    Column("taken_by_name", StorableText),
    Column("done_at", UtcDateTime),
)

digests = Table(
    "digests",
    metadata,
    own_id(),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    **COUNTED,
)
