"""The pace at which Discord lets sessions begin, over all processes with one token.

Shards are counted off by ``max_concurrency`` into buckets; of each, one session may begin every
five seconds.
"""

from __future__ import annotations

from typing import Final

import discord
import structlog

from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.shard_leases import ShardLeaseStore

log = structlog.get_logger(__name__)

IDENTIFY_SECONDS: Final = 5.5
"""Between two sessions of a bucket: Discord asks for five, as the requests arrive there."""


class IdentifyPace:
    """The wait for the right moment, by locks in the database."""

    def __init__(self, leases: ShardLeaseStore, seconds: float = IDENTIFY_SECONDS) -> None:
        self._leases = leases
        self._seconds = seconds

    async def wait(self, client: discord.AutoShardedClient, shard_id: int) -> None:
        """Return once a session of ``shard_id`` may begin."""
        limits = await client.fetch_session_start_limits()
        try:
            await self._leases.wait_to_identify(shard_id, limits.max_concurrency, self._seconds)
        except DatabaseUnavailable as error:
            # Discord refuses who comes too early, and is asked again: no reason to stay away.
            log.warning("identify not paced", shard_id=shard_id, detail=error.detail)
