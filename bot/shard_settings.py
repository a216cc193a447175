"""Which of Discord's shards a process serves."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings

from bot.setting_types import Numbers


class ShardSettings(BaseSettings):
    """The shards of a process: all of them, some by number, or those that it takes by leases."""

    shard_count: int | None = Field(
        None, ge=1, description="shards in all; leave it empty below 2,500 servers"
    )
    shard_ids: Numbers = Field((), description="the shards of this process, from 0, e.g. 0,1")
    shards: Literal["auto"] | None = Field(
        None, description="auto, for processes on one PostgreSQL that share the shards out"
    )

    @model_validator(mode="after")
    def _shards_fit(self) -> Self:
        if self.shard_ids and self.shard_count is None:
            raise ValueError("SHARD_IDS: is set without SHARD_COUNT. Set both, or neither.")
        if self.shards is not None and self.shard_ids:
            raise ValueError("SHARDS: is set beside SHARD_IDS. Set one of them, or neither.")
        wrong = [number for number in self.shard_ids if not 0 <= number < (self.shard_count or 0)]
        if wrong:
            raise ValueError("SHARD_IDS: should count from 0 and stay below SHARD_COUNT.")
        return self
