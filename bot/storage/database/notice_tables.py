"""The tables of what people were shown and told, so that it is changed later, or not said twice."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from bot.domain.posts import PostKind
from bot.domain.ratings import Opinion
from bot.storage.database.column_types import (
    BigId,
    EnumValue,
    JsonObject,
    StorableText,
    UtcDateTime,
)
from bot.storage.database.metadata import COUNTED, metadata, of_turn, own_id

shown_messages = Table(
    "shown_messages",
    metadata,
    of_turn(nullable=False),
    Column("kind", EnumValue(PostKind), nullable=False),
    Column("channel_id", BigId, nullable=False),
    Column("message_id", BigId, nullable=False),
    PrimaryKeyConstraint("turn_id", "kind"),
)

# Several cards may share a message.
Index("ix_shown_messages_message_id", shown_messages.c.message_id)

score_lists = Table(
    "score_lists",
    metadata,
    own_id(),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    # Where its message goes: one begun for another moderator channel gets no more lines.
    Column("channel_id", BigId, nullable=False),
    # NULL until it is posted.
    Column("message_id", BigId),
    # The lines that its message has.
    Column("shown", Integer, nullable=False),
    Index("ix_score_lists_room_id_id", "room_id", "id"),
    **COUNTED,
)

score_lines = Table(
    "score_lines",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
    Column("list_id", BigId, ForeignKey("score_lists.id", ondelete="CASCADE"), nullable=False),
    Index("ix_score_lines_list_id", "list_id"),
)

day_digests = Table(
    "day_digests",
    metadata,
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    # The day (UTC) on which the digest is due.
    Column("day", Date, nullable=False),
    PrimaryKeyConstraint("room_id", "day"),
)

# What the Critic says of a day; it names and quotes nobody.
day_looks = Table(
    "day_looks",
    metadata,
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    # As that of the digest.
    Column("day", Date, nullable=False),
    Column("safe", EnumValue(Opinion), nullable=False),
    Column("ethical", EnumValue(Opinion), nullable=False),
    Column("good", EnumValue(Opinion), nullable=False),
    # The numbers of replies, by pattern.
    Column("seen", JsonObject, nullable=False),
    Column("method", StorableText, nullable=False),
    Column("model", String(200), nullable=False),
    PrimaryKeyConstraint("room_id", "day"),
)

pause_notices = Table(
    "pause_notices",
    metadata,
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", BigId, nullable=False),
    # The resume before the pause, which tells it from another; NULL before the first.
    Column("resumed_at", UtcDateTime),
    PrimaryKeyConstraint("room_id", "person_id"),
)

away_notices = Table(
    "away_notices",
    metadata,
    of_turn(nullable=False),
    Column("person_id", BigId, nullable=False, index=True),
    PrimaryKeyConstraint("turn_id", "person_id"),
)

delay_notices = Table(
    "delay_notices",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
)
