"""The keeper of this process's leases: takes shards, renews, gives up, and stops in time.

A lease is renewed every few seconds. Where that fails, the process falls silent well before the
lease ends by the database's clock, so that whoever takes the shard then speaks alone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from bot.client.shard_plans import ShardPlan
from bot.errors import DeliveryError, SettingError
from bot.storage.database.fence import Fence
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.shard_leases import ShardLeaseStore
from bot.tasks import RepeatFilter

log = structlog.get_logger(__name__)


def steady_seconds() -> float:
    """Return seconds that go on while the machine sleeps, where there are such."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class HeldLease:
    """A shard that is this process's own until a moment by its own clock."""

    def __init__(
        self, fence: Fence, until: float, store: ShardLeaseStore, now: Callable[[], float]
    ) -> None:
        self.fence = fence
        self.until = until
        self.closing = False
        self._store = store
        self._now = now

    @property
    def shard_id(self) -> int:
        """The shard, or `ALL_SHARDS`."""
        return self.fence.shard_id

    @property
    def is_ours(self) -> bool:
        """Whether the process may speak for the shard."""
        return self._now() < self.until

    def end(self) -> None:
        """Let nothing more be said for the shard."""
        self.until = float("-inf")

    def require(self) -> None:
        """Raise DeliveryError unless the process may speak for the shard right now."""
        if not self.is_ours:
            raise DeliveryError(f"shard {self.shard_id} is not known to be this process's own")

    async def confirm(self) -> None:
        """Do the same by the database's word. Raises DeliveryError."""
        self.require()
        try:
            await self._store.confirm(self.fence)
        except DatabaseUnavailable as error:
            raise DeliveryError(error.detail) from error
        self.require()


class ShardUsers(Protocol):
    """Those who serve the shards that are held."""

    def open(self, lease: HeldLease) -> None:
        """Begin to serve a shard."""

    async def close(self, lease: HeldLease) -> None:
        """End that within some seconds, with what is on its way."""


class ShardKeeper:
    """The keeper of the leases that ``plan`` wants, for as long as `running` lasts."""

    def __init__(
        self,
        store: ShardLeaseStore,
        plan: ShardPlan,
        *,
        now: Callable[[], float] = steady_seconds,
    ) -> None:
        self.store = store
        self.plan = plan
        self.leases: dict[int, HeldLease] = {}
        """By shard; also those that are being given up."""
        self.lacks_since: float | None = None
        """Since when it serves none and should."""
        self._now = now
        self._users: ShardUsers | None = None
        self._stopped = False
        self._closing: set[asyncio.Task[None]] = set()
        self._failures = RepeatFilter()

    @property
    def shard_ids(self) -> list[int]:
        """The shards that are served."""
        return sorted(one.shard_id for one in self.leases.values() if one.is_ours)

    def seconds_lacking(self) -> float:
        """Return for how long it has served no shard while it should; 0 for none."""
        return 0.0 if self.lacks_since is None else self._now() - self.lacks_since

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the leases in the block; give all of them up at its end.

        Raises SettingError where another process that is alive serves what this one was told to.
        """
        keeping: asyncio.Task[None] | None = None
        try:
            await self._begin()
            keeping = asyncio.create_task(self._keep(), name="shard leases")
            yield
        finally:
            self._stopped = True
            if keeping is not None:
                keeping.cancel()
                await asyncio.wait({keeping})
            await self.close()
            try:
                await self.store.leave()
            except DatabaseUnavailable as error:
                log.warning("leases not given up", detail=error.detail)

    async def serve_by(self, users: ShardUsers) -> None:
        """Have ``users`` serve what is held, and what is taken from now on."""
        self._users = users
        for lease in self.leases.values():
            users.open(lease)
        await self.look()

    async def look(self) -> None:
        """Renew, take, give up: one round. What the database does not answer waits for the next."""
        try:
            await self._renew()
            await self._share()
        except DatabaseUnavailable as error:
            if (left_out := self._failures.note(error)) is not None:
                log.warning("leases not renewed", detail=error.detail, left_out=left_out)
        for lease in [*self.leases.values()]:
            if not lease.is_ours and not lease.closing:
                log.warning("shard not renewed in time", shard_id=lease.shard_id)
                self._close_soon(lease)

    # ── the life of a process ───────────────────────────────────────────────────────────────

    async def _begin(self) -> None:
        """Take what has to be there from the start. Raises SettingError.

        The lease of a process that died a moment ago ends soon; that of one that lives is renewed.
        """
        first_ends: dict[int, object] = {}
        while True:
            await self._renew()
            if self.plan.waits_for_all:
                await self._take()
            held = await self.store.held()
            blocking = self.plan.blocked_by(self.store.me.id, held)
            if blocking is None:
                return
            ends = held.ends.get(blocking.shard_id)
            if ends is not None and first_ends.setdefault(blocking.shard_id, ends) != ends:
                raise SettingError(blocking.why)
            await asyncio.sleep(self.store.times.round)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self.store.times.round)
            try:
                await self.look()
            except Exception:  # a task's edge: without it all leases would end
                log.exception("look at leases failed")

    async def close(self) -> None:
        """Take nothing any more; end to serve, and give up, all that is held."""
        self._stopped = True
        for lease in [*self.leases.values()]:
            self._close_soon(lease)
        if self._closing:
            await asyncio.wait(self._closing)

    # ── a round ─────────────────────────────────────────────────────────────────────────────

    async def _renew(self) -> None:
        asked = self._now()
        # Who is not ready yet would be left what others give up, and serve it late.
        tokens = await self.store.renew(shares=self._users is not None)
        for lease in [*self.leases.values()]:
            if tokens.get(lease.shard_id) != lease.fence.token:
                if not lease.closing:
                    log.warning("shard lost", shard_id=lease.shard_id)
                lease.end()
                self._close_soon(lease)
            elif lease.is_ours:  # once silent it stays so: what it had in memory may be old
                lease.until = self._until(asked)
        self._adopt(tokens, asked)

    async def _share(self) -> None:
        """Take what is free and wanted, and give up what others should have."""
        if self._users is None or self._stopped:
            return
        await self._take()
        held = await self.store.held()
        me = self.store.me.id
        serves = any(lease.is_ours and not lease.closing for lease in self.leases.values())
        if serves or not self.plan.should_serve(me, held):
            self.lacks_since = None
        elif self.lacks_since is None:
            self.lacks_since = self._now()
        if any(lease.closing for lease in self.leases.values()):
            return  # one at a time
        give_up = self.plan.choose_to_give_up(me, held)
        if give_up is not None and (lease := self.leases.get(give_up)) is not None:
            log.info("shard given up", shard_id=give_up)
            self._close_soon(lease)

    async def _take(self) -> None:
        asked = self._now()
        me = self.store.me.id
        tokens = await self.store.take(lambda held: self.plan.choose_to_take(me, held))
        self._adopt(tokens, asked)

    def _adopt(self, tokens: dict[int, int], asked: float) -> None:
        """Take note of leases that are ours by the database's word, asked at that moment."""
        for shard_id, token in tokens.items():
            if shard_id in self.leases or self._stopped:
                continue
            until = self._until(asked)
            lease = HeldLease(Fence(shard_id, token), until, self.store, self._now)
            self.leases[shard_id] = lease
            log.info("shard taken", shard_id=shard_id)
            if self._users is not None:
                self._users.open(lease)

    def _until(self, asked: float) -> float:
        return asked + self.store.times.lease - self.store.times.margin

    def _close_soon(self, lease: HeldLease) -> None:
        if lease.closing:
            return
        lease.closing = True
        task = asyncio.create_task(self._close(lease), name=f"give up shard {lease.shard_id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _close(self, lease: HeldLease) -> None:
        try:
            if self._users is not None:
                await self._users.close(lease)
        except Exception:  # a task's edge
            log.exception("shard not closed", shard_id=lease.shard_id)
        lease.end()
        try:
            await self.store.give_up(lease.fence)
        except DatabaseUnavailable as error:  # else it would be adopted anew, under the same token
            log.warning("shard not given up", shard_id=lease.shard_id, detail=error.detail)
            lease.closing = False  # the next look closes it once more
            return
        del self.leases[lease.shard_id]
