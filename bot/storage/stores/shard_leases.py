"""The leases by which processes on one PostgreSQL share out Discord's shards.

A lease ends by the database's clock unless its holder renews it. Each holder of a shard gets a
token above those of all before it: see `bot.storage.database.fence`.

It has connections of its own: a lease must not wait behind what the rooms write.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from sqlalchemy import Row, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.storage.database.connections import MOST_IN_TURN, leasing_engine, parse_url
from bot.storage.database.fence import Fence
from bot.storage.database.postgres_driver import TURN_SECONDS
from bot.storage.database.troubles import DatabaseUnavailable

ALL_SHARDS: Final = -1
"""The lease of one process that serves all shards, however many there are."""
ANSWER_SECONDS: Final = 4.0
"""What the database may take for a question about leases."""
_SHARING_LOCK: Final = 4_127_001
"""The advisory lock of whoever looks at all leases and takes some."""
_IDENTIFY_LOCK: Final = 4_127_002
"""The first number of the advisory locks of Discord's buckets; the second is the bucket."""

_RENEW: Final = text(
    "UPDATE shard_leases SET ends_at = clock_timestamp() + make_interval(secs => :seconds) "
    "WHERE process_id = :me RETURNING shard_id, token"
)
_REGISTER: Final = text(
    "INSERT INTO shard_processes (id, name, shard_count, shares, ends_at) VALUES "
    "(:me, :name, :shard_count, :shares, clock_timestamp() + make_interval(secs => :seconds)) "
    "ON CONFLICT (id) DO UPDATE SET ends_at = excluded.ends_at, shares = excluded.shares"
)
_TRY_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(:key)")
_PROCESSES: Final = text(
    "SELECT id, name, shard_count, shares FROM shard_processes "
    "WHERE ends_at > clock_timestamp() ORDER BY id"
)
_HELD: Final = text(
    "SELECT shard_id, process_id, ends_at FROM shard_leases "
    "WHERE process_id IS NOT NULL AND ends_at > clock_timestamp() ORDER BY shard_id"
)
# Whoever is just writing under an old lease keeps it until that is done.
_FREE_AND_UNLOCKED: Final = text(
    "SELECT shard_id FROM shard_leases WHERE shard_id IN :shard_ids "
    "AND (process_id IS NULL OR ends_at <= clock_timestamp()) FOR UPDATE SKIP LOCKED"
).bindparams(bindparam("shard_ids", expanding=True))
_ADD: Final = text(
    "INSERT INTO shard_leases (shard_id, token, process_id, ends_at) "
    "VALUES (:shard_id, 0, NULL, clock_timestamp()) ON CONFLICT DO NOTHING"
)
_TAKE: Final = text(
    "UPDATE shard_leases SET token = token + 1, process_id = :me, "
    "ends_at = clock_timestamp() + make_interval(secs => :seconds) "
    "WHERE shard_id IN :shard_ids RETURNING shard_id, token"
).bindparams(bindparam("shard_ids", expanding=True))
_GIVE_UP: Final = text(
    "UPDATE shard_leases SET process_id = NULL, ends_at = clock_timestamp() "
    "WHERE shard_id = :shard_id AND token = :token"
)
_GIVE_ALL_UP: Final = text(
    "UPDATE shard_leases SET process_id = NULL, ends_at = clock_timestamp() WHERE process_id = :me"
)
_LEAVE: Final = text("DELETE FROM shard_processes WHERE id = :me")
_FORGET_THE_DEAD: Final = text(
    "DELETE FROM shard_processes WHERE ends_at < clock_timestamp() - interval '1 day'"
)
_LOCK_BUCKET: Final = text("SELECT pg_advisory_xact_lock(:lock, :bucket)")
_LAST_IDENTIFY: Final = text(
    "SELECT extract(epoch FROM clock_timestamp() - max(identified_at)) FROM shard_leases "
    "WHERE mod(greatest(shard_id, 0), :buckets) = :bucket"
)
# Who serves all shards has no leases of each.
_NOTE_IDENTIFY: Final = text(
    "INSERT INTO shard_leases (shard_id, token, process_id, ends_at, identified_at) "
    "VALUES (:shard_id, 0, NULL, clock_timestamp(), clock_timestamp()) "
    "ON CONFLICT (shard_id) DO UPDATE SET identified_at = excluded.identified_at"
)


@dataclass(frozen=True, slots=True)
class LeaseTimes:
    """How long, in seconds, a lease lasts, and the like.

    ``margin`` before its end a process falls silent that could not renew it; ``round`` lies
    between two looks.
    """

    lease: float = 20.0
    margin: float = 7.0
    round: float = 3.0


@dataclass(frozen=True, slots=True)
class ShardProcess:
    """A process that is alive, or was within the length of a lease.

    ``shares`` says whether it takes a share of all shards; ``shard_count`` is how many there are
    for it.
    """

    id: str
    name: str
    shard_count: int | None = None
    shares: bool = False


@dataclass(frozen=True, slots=True)
class ShardsHeld:
    """Who holds what at this moment: living processes, and by shard its holder and its end."""

    processes: Sequence[ShardProcess]
    holders: Mapping[int, str]
    ends: Mapping[int, datetime]

    def name_of(self, process_id: str) -> str:
        """Return a process's name for people."""
        return next((one.name for one in self.processes if one.id == process_id), "another")


Choose = Callable[[ShardsHeld], Collection[int]]
"""Says which free shards to take, of what is held now."""


class ShardLeaseStore:
    """The leases of one process, ``me``."""

    def __init__(
        self, engine: AsyncEngine, me: ShardProcess, times: LeaseTimes = LeaseTimes()
    ) -> None:
        self._engine = engine
        self.me = me
        self.times = times
        self._in_turn = asyncio.Semaphore(MOST_IN_TURN)
        self._turns = defaultdict[int, asyncio.Lock](asyncio.Lock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, me: ShardProcess, times: LeaseTimes = LeaseTimes()
    ) -> AsyncIterator[Self]:
        """Open the leases in the PostgreSQL at ``url``, whose schema is up to date."""
        engine = leasing_engine(parse_url(url))
        try:
            yield cls(engine, me, times)
        finally:
            await engine.dispose()

    async def renew(self, *, shares: bool) -> dict[int, int]:
        """Say that this process is alive; return the shards that it holds, with their tokens.

        ``shares`` says whether it is ready to take a share. What ended unnoticed and nobody took
        goes on. Raises DatabaseUnavailable.
        """
        async with self._transaction() as connection:
            await connection.execute(_REGISTER, self._registration(shares=shares))
            rows = await connection.execute(_RENEW, {"me": self.me.id} | self._seconds)
            return {row.shard_id: row.token for row in rows}

    async def take(self, choose: Choose) -> dict[int, int]:
        """Take the shards that ``choose`` names and that are free; return them with their tokens.

        One process at a time does so: where another is about it, nothing is taken. Raises
        DatabaseUnavailable.
        """
        async with self._transaction() as connection:
            if not await connection.scalar(_TRY_LOCK, {"key": _SHARING_LOCK}):
                return {}
            await connection.execute(_FORGET_THE_DEAD)
            wanted = list(choose(await _held(connection)))
            if not wanted:
                return {}
            await connection.execute(_ADD, [{"shard_id": shard_id} for shard_id in wanted])
            free = list(await connection.scalars(_FREE_AND_UNLOCKED, {"shard_ids": wanted}))
            keys = {"shard_ids": free, "me": self.me.id}
            rows = await connection.execute(_TAKE, keys | self._seconds)
            return {row.shard_id: row.token for row in rows}

    async def held(self) -> ShardsHeld:
        """Return who holds what. Raises DatabaseUnavailable."""
        async with self._transaction() as connection:
            return await _held(connection)

    async def confirm(self, fence: Fence) -> None:
        """Return if the lease is still the one that ``fence`` says.

        Raises LeaseLost, and DatabaseUnavailable.
        """
        async with self._transaction() as connection:
            await connection.run_sync(fence.require)

    async def give_up(self, fence: Fence) -> None:
        """Free a shard, if the lease is still that one. Raises DatabaseUnavailable."""
        keys = {"shard_id": fence.shard_id, "token": fence.token}
        async with self._transaction() as connection:
            await connection.execute(_GIVE_UP, keys)

    async def leave(self) -> None:
        """Take this process off the list, with all that it holds. Raises DatabaseUnavailable."""
        async with self._transaction() as connection:
            await connection.execute(_GIVE_ALL_UP, {"me": self.me.id})
            await connection.execute(_LEAVE, {"me": self.me.id})

    async def wait_to_identify(self, shard_id: int, buckets: int, seconds: float) -> None:
        """Return once a session of the shard may begin: ``seconds`` after the last of its bucket.

        Discord counts by ``buckets``, over all processes, which take turns; within one, who comes
        first is served first. Raises DatabaseUnavailable.
        """
        bucket = max(shard_id, 0) % buckets
        # One connection a bucket, however many shards wait: renewing leases must find one free.
        async with self._turns[bucket], self._in_turn, self._transaction(None) as connection:
            await connection.execute(_LOCK_BUCKET, {"lock": _IDENTIFY_LOCK, "bucket": bucket})
            keys = {"buckets": buckets, "bucket": bucket}
            ago = await connection.scalar(_LAST_IDENTIFY, keys)
            if ago is not None and 0 <= float(ago) < seconds:
                await asyncio.sleep(seconds - float(ago))
            await connection.execute(_NOTE_IDENTIFY, {"shard_id": shard_id})

    @property
    def _seconds(self) -> dict[str, float]:
        return {"seconds": self.times.lease}

    def _registration(self, *, shares: bool) -> dict[str, Any]:
        me = self.me
        of_me = {"name": me.name, "shard_count": me.shard_count, "shares": shares and me.shares}
        return {"me": me.id, **of_me, **self._seconds}

    @asynccontextmanager
    async def _transaction(
        self, seconds: float | None = ANSWER_SECONDS
    ) -> AsyncIterator[AsyncConnection]:
        try:
            async with asyncio.timeout(seconds), self._engine.begin() as connection:
                yield connection
        except TimeoutError:
            raise DatabaseUnavailable(
                f"no answer about leases within {seconds or TURN_SECONDS:g} s"
            ) from None
        except (DBAPIError, NoneFree, OSError) as error:
            raise DatabaseUnavailable(f"leases: {type(error).__name__}") from error


async def _held(connection: AsyncConnection) -> ShardsHeld:
    processes = [_process(row) for row in await connection.execute(_PROCESSES)]
    rows = (await connection.execute(_HELD)).all()
    return ShardsHeld(
        processes,
        {row.shard_id: row.process_id for row in rows},
        {row.shard_id: row.ends_at for row in rows},
    )


def _process(row: Row[Any]) -> ShardProcess:
    return ShardProcess(row.id, row.name, row.shard_count, row.shares)
