"""The table of what members say of replies."""

from __future__ import annotations

from sqlalchemy import Column, Table, UniqueConstraint

from bot.domain.feedback import FeedbackKind
from bot.storage.database.column_types import BigId, EnumValue, StorableText, UtcDateTime
from bot.storage.database.metadata import COUNTED, metadata, of_turn, own_id

feedback = Table(
    "feedback",
    metadata,
    own_id(),
    of_turn(nullable=False),
    Column("person_id", BigId, nullable=False, index=True),
    Column("person_name", StorableText, nullable=False),
    Column("kind", EnumValue(FeedbackKind), nullable=False),
    Column("words", StorableText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    UniqueConstraint("turn_id", "person_id"),
    **COUNTED,
)
