"""The table of crises: who may be in danger, and what was done about it."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, UniqueConstraint

from bot.domain.crisis import CrisisCause, CrisisKind
from bot.storage.database.column_types import BigId, EnumValue, StorableText, UtcDateTime
from bot.storage.database.metadata import COUNTED, metadata, own_id

crises = Table(
    "crises",
    metadata,
    own_id(),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    # NULL where the message had been answered before it was changed into this.
    Column("turn_id", BigId, ForeignKey("turns.id", ondelete="SET NULL"), index=True),
    # The Chat Room, or a thread of it.
    Column("channel_id", BigId, nullable=False),
    Column("message_id", BigId, nullable=False),
    Column("author_id", BigId, nullable=False, index=True),
    Column("author_name", StorableText, nullable=False),
    Column("kind", EnumValue(CrisisKind), nullable=False),
    Column("cause", EnumValue(CrisisCause), nullable=False),
    Column("about_other", Boolean, nullable=False),
    Column("language", String(8)),
    Column("rule", String(100), nullable=False),
    Column("short", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("taken_by_id", BigId, index=True),
    Column("taken_by_name", StorableText),
    Column("false_alarm_by_id", BigId, index=True),
    Column("false_alarm_by_name", StorableText),
    # A message is answered once for its kind, whatever happens in between.
    UniqueConstraint("message_id", "kind"),
    Index("ix_crises_room_id_id", "room_id", "id"),
    **COUNTED,
)
