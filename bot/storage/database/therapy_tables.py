"""The tables of the Therapy Room besides utterances: threads, moderators' check-ins, memory."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, PrimaryKeyConstraint, Table

from bot.storage.database.column_types import BigId, StorableText, UtcDateTime
from bot.storage.database.metadata import metadata, of_turn

therapy_threads = Table(
    "therapy_threads",
    metadata,
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    Column("thread_id", BigId, nullable=False, index=True),
    PrimaryKeyConstraint("room_id", "day"),
)

check_ins = Table(
    "check_ins",
    metadata,
    # Who asked what, and when, stands in the act.
    Column(
        "act_id",
        BigId,
        ForeignKey("acts.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    of_turn(index=True),
    Column("answer", StorableText),
    # NULL: waits for the next boundary.
    Column("answered_at", UtcDateTime),
    Index("ix_check_ins_room_id_act_id", "room_id", "act_id"),
)

memories = Table(
    "memories",
    metadata,
    of_turn(primary_key=True, autoincrement=False),
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    # NULL: of the room alone. Only who agreed to it stands here.
    Column("person_id", BigId, index=True),
    Column("themes", StorableText, nullable=False),  # JSON: names of findings
    Column("keep_in_mind", StorableText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_memories_room_id_turn_id", "room_id", "turn_id"),
)
