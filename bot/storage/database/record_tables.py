"""The record of acts and the account of calls. They outlive what they speak of: no foreign keys."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, Float, Index, Integer, String, Table, false, text

from bot.domain.turns import Agent
from bot.storage.database.column_types import (
    BigId,
    EnumValue,
    JsonObject,
    ReasonText,
    StorableText,
    UtcDateTime,
)
from bot.storage.database.metadata import COUNTED, metadata, own_id, partial_index

UNDER_WAY: Final = text("llm_calls.under_way IS NOT NULL")
"""The condition of a partial index, in the constants that a query has to state it with."""

acts = Table(
    "acts",
    metadata,
    own_id(),
    Column("guild_id", BigId, nullable=False),
    Column("room_id", BigId),
    Column("turn_id", BigId, index=True),
    Column("by_id", BigId, nullable=False),
    Column("by_name", StorableText, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("reason", ReasonText, nullable=False),
    Column("details", JsonObject, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_acts_guild_id_id", "guild_id", "id"),
    Index("ix_acts_guild_id_by_id_id", "guild_id", "by_id", "id"),
    Index("ix_acts_guild_id_kind_id", "guild_id", "kind", "id"),
    **COUNTED,
)

llm_calls = Table(
    "llm_calls",
    metadata,
    own_id(),
    Column("room_id", BigId),
    Column("turn_id", BigId, index=True),
    Column("agent", EnumValue(Agent), nullable=False),
    Column("model", StorableText, nullable=False),
    Column("prompt_name", StorableText, nullable=False),
    Column("prompt_version", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("seconds", Float, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("cost", Float),
    Column("outcome", String(32), nullable=False),
    Column("adapter", StorableText),
    Column("fallback", Boolean, nullable=False, server_default=false()),
    # The mark of a call that is not answered yet, by which its answer finds it; NULL once it is.
    Column("under_way", BigId),
    Index("ix_llm_calls_room_id_started_at", "room_id", "started_at"),
    **COUNTED,
)
partial_index("ix_llm_calls_under_way", UNDER_WAY, llm_calls.c.under_way)
# Few calls are a fallback's, and most models have no adapter: a day's others are not looked at.
partial_index(
    "ix_llm_calls_adapters",
    text("llm_calls.adapter IS NOT NULL"),
    llm_calls.c.room_id,
    llm_calls.c.started_at,
)
partial_index(
    "ix_llm_calls_fallbacks",
    text("llm_calls.fallback = 1"),
    llm_calls.c.room_id,
    llm_calls.c.started_at,
    postgres_where=text("llm_calls.fallback"),
)
