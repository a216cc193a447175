"""What a process wants to serve: a share of all shards, those it was told to, or all of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Protocol

from bot.client.shard_sharing import choose_to_give_up, choose_to_take, look_at_shares
from bot.storage.stores.shard_leases import ALL_SHARDS, ShardsHeld

MOST_AT_ONCE: Final = 1
"""Shards that a process takes in a round: Discord wants their sessions begun one by one."""


@dataclass(frozen=True, slots=True)
class Blocking:
    """The lease in the way of a start, and what to tell an operator if its holder lives."""

    shard_id: int
    why: str


class ShardPlan(Protocol):
    """What a process wants. ``me`` is its id."""

    @property
    def waits_for_all(self) -> bool:
        """Whether it starts only once it has all that it wants."""

    def blocked_by(self, me: str, held: ShardsHeld) -> Blocking | None:
        """Return the lease of another process beside which this one cannot start."""

    def should_serve(self, me: str, held: ShardsHeld) -> bool:
        """Return whether it should have shards by now."""

    def choose_to_take(self, me: str, held: ShardsHeld) -> Collection[int]:
        """Return the free shards to take now."""

    def choose_to_give_up(self, me: str, held: ShardsHeld) -> int | None:
        """Return the shard to give up now, if there is one."""


@dataclass(frozen=True, slots=True)
class OwnShards:
    """The plan of a process that was told which shards to serve; none named: all of them."""

    shard_ids: frozenset[int]
    waits_for_all: bool = True

    @property
    def wanted(self) -> frozenset[int]:
        """The leases that it needs."""
        return self.shard_ids or frozenset({ALL_SHARDS})

    def blocked_by(self, me: str, held: ShardsHeld) -> Blocking | None:
        """Return what another process holds of it."""
        if all(held.holders.get(shard) == me for shard in self.wanted):
            return None
        clashing = self._clashing(me, held)
        if not clashing:
            return Blocking(min(self.wanted), "")  # it is free, and taken at the next look
        shard = clashing[0]
        name = held.name_of(held.holders[shard])
        what = "all shards" if shard == ALL_SHARDS else f"shard {shard}"
        return Blocking(
            shard,
            f"DATABASE_URL: another bot ({name}) already serves {what} from this database, and "
            "two would answer every message twice. Stop that one first, or give this one a "
            "database, or shards (SHARD_IDS), of its own.",
        )

    def should_serve(self, me: str, held: ShardsHeld) -> bool:  # noqa: ARG002
        """Return that it always should."""
        return True

    def choose_to_take(self, me: str, held: ShardsHeld) -> Collection[int]:
        """Return all that it lacks, if nobody else has any of it."""
        if self._clashing(me, held):
            return ()
        return sorted(shard for shard in self.wanted if shard not in held.holders)

    def choose_to_give_up(self, me: str, held: ShardsHeld) -> int | None:  # noqa: ARG002
        """Return none: it gives nothing up."""
        return None

    def _clashing(self, me: str, held: ShardsHeld) -> list[int]:
        others = [shard for shard, holder in held.holders.items() if holder != me]
        if not self.shard_ids:
            return others
        return [shard for shard in others if shard in self.wanted or shard == ALL_SHARDS]


def count_in_force(held: ShardsHeld, recommended: int) -> int:
    """Return how many shards there are for a process that may choose: as many as for others.

    Discord recommends more as a bot grows, and who starts later is told otherwise than who runs:
    nobody is to be refused for that. Where nobody runs, it is what Discord recommends.
    """
    counts = (process.shard_count for process in held.processes if process.shares)
    return max((count for count in counts if count is not None), default=recommended)


@dataclass(frozen=True, slots=True)
class SharedShards:
    """The plan of a process that takes a share of ``shard_count`` shards."""

    shard_count: int
    waits_for_all: bool = False

    def blocked_by(self, me: str, held: ShardsHeld) -> Blocking | None:
        """Return the lease of a process that serves all, or that counts the shards otherwise."""
        if held.holders.get(ALL_SHARDS, me) != me:
            name = held.name_of(held.holders[ALL_SHARDS])
            return Blocking(
                ALL_SHARDS,
                f"SHARDS: another bot ({name}) already serves all shards from this database. "
                "Stop that one, and start it with SHARDS=auto as well.",
            )
        counts = {process.id: process.shard_count for process in held.processes}
        for shard, holder in held.holders.items():
            count = counts.get(holder)
            if holder != me and count not in (None, self.shard_count):
                return Blocking(
                    shard,
                    f"SHARD_COUNT: another bot ({held.name_of(holder)}) on this database counts "
                    f"{count} shards, and this one {self.shard_count}. Stop all of them before "
                    "changing the number.",
                )
        return None

    def should_serve(self, me: str, held: ShardsHeld) -> bool:
        """Return whether there is a shard for each process."""
        shares = look_at_shares(me, held, self.shard_count)
        return shares.least > 0 or bool(shares.free)

    def choose_to_take(self, me: str, held: ShardsHeld) -> Collection[int]:
        """Return the next free shard, if it is this process's turn."""
        if self.blocked_by(me, held) is not None:
            return ()
        return choose_to_take(me, look_at_shares(me, held, self.shard_count), MOST_AT_ONCE)

    def choose_to_give_up(self, me: str, held: ShardsHeld) -> int | None:
        """Return a shard that another process should have."""
        return choose_to_give_up(me, look_at_shares(me, held, self.shard_count))
