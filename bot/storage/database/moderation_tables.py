"""The tables of what moderators give and get: guidance, ratings, verdicts, digests."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from bot.domain.ratings import Opinion, RatingKind
from bot.storage.database.column_types import Choice, Details, Id, Moment, Words
from bot.storage.database.metadata import COUNTED, metadata, of_turn, own_id

guidance = Table(
    "guidance",
    metadata,
    own_id(),
    Column("room_id", Id, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("by_id", Id, nullable=False),
    Column("by_name", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("turns_left", Integer, nullable=False),
    Column("withdrawn", Boolean, nullable=False),
    Index("ix_guidance_room_id_id", "room_id", "id"),
    **COUNTED,
)

guidance_heard = Table(
    "guidance_heard",
    metadata,
    of_turn(nullable=False),
    Column("guidance_id", Id, ForeignKey("guidance.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("turn_id", "guidance_id"),
)

ratings = Table(
    "ratings",
    metadata,
    of_turn(nullable=False),
    Column("person_id", Id, nullable=False, autoincrement=False),
    Column("person_name", Words, nullable=False),
    Column("kind", Choice(RatingKind), nullable=False),
    Column("scores", Details),
    Column("why", Words, nullable=False),
    Column("at", Moment, nullable=False),
    PrimaryKeyConstraint("turn_id", "person_id"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column(
        "turn_id",
        Id,
        ForeignKey("turns.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("safe", Choice(Opinion), nullable=False),
    Column("ethical", Choice(Opinion), nullable=False),
    Column("good", Choice(Opinion), nullable=False),
    Column("reason", Words, nullable=False),
    Column("method", Words, nullable=False),
    Column("model", String(200), nullable=False),
)

digests = Table(
    "digests",
    metadata,
    own_id(),
    Column("room_id", Id, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("made_at", Moment, nullable=False),
    **COUNTED,
)
