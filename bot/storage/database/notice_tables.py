"""The tables of what people were shown and told, so that it is changed later, or not said twice."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, PrimaryKeyConstraint, Table

from bot.domain.posts import PostKind
from bot.storage.database.column_types import BigId, EnumValue, UtcDateTime
from bot.storage.database.metadata import metadata, of_turn

shown_messages = Table(
    "shown_messages",
    metadata,
    of_turn(nullable=False),
    Column("kind", EnumValue(PostKind), nullable=False),
    Column("channel_id", BigId, nullable=False),
    Column("message_id", BigId, nullable=False),
    PrimaryKeyConstraint("turn_id", "kind"),
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

delay_notices = Table(
    "delay_notices",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
)
