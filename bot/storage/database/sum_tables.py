"""The tables of daily sums: what reports add up, kept by the transactions that write the rows.

A report over a year reads some hundreds of these and not a million rows. They hold figures alone,
so that forgetting and retention, which leave figures, leave them; they go with their room. Days
are UTC: that of a call's start, and that on which a turn began.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, Float, ForeignKey, Integer, PrimaryKeyConstraint, String, Table

from bot.domain.turns import Agent
from bot.storage.database.column_types import BigId, EnumValue, StorableText
from bot.storage.database.metadata import metadata

call_days = Table(
    "call_days",
    metadata,
    # As the account of calls it has no foreign key: it is written beside it.
    Column("room_id", BigId, nullable=False),
    Column("day", Date, nullable=False),
    Column("agent", EnumValue(Agent), nullable=False),
    Column("model", StorableText, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("prompt_tokens", BigId, nullable=False),
    Column("completion_tokens", BigId, nullable=False),
    Column("seconds", Float, nullable=False),
    # US dollars, of the calls whose price is known, and how many those are.
    Column("cost", Float, nullable=False),
    Column("priced", Integer, nullable=False),
    PrimaryKeyConstraint("room_id", "day", "agent", "model"),
)

# Of replies that were sent and scored; how they are counted is in `bot.storage.stores.score_sums`.
reply_days = Table(
    "reply_days",
    metadata,
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    Column("replies", Integer, nullable=False),
    Column("needed", Integer, nullable=False),
    Column("still", Integer, nullable=False),
    PrimaryKeyConstraint("room_id", "day"),
)

scale_days = Table(
    "scale_days",
    metadata,
    Column("room_id", BigId, ForeignKey("rooms.id", ondelete="CASCADE"), nullable=False),
    Column("day", Date, nullable=False),
    Column("scale", String(64), nullable=False),
    # Of the Critic, who may change during a day.
    Column("method", StorableText, nullable=False),
    Column("model", StorableText, nullable=False),
    Column("turns", Integer, nullable=False),
    # Sums of the scores of draft and reply, and of the squares of after less before.
    Column("before", BigId, nullable=False),
    Column("after", BigId, nullable=False),
    Column("squares", BigId, nullable=False),
    PrimaryKeyConstraint("room_id", "day", "scale", "method", "model"),
)
