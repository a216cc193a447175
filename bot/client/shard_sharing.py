"""The sharing of Discord's shards among processes: which to take, and which to give up.

Only shards whose holder is alive and takes a share, too, and free ones are shared; what a process
was told to serve (SHARD_IDS) is its own. All processes look at the same table, one at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.storage.stores.shard_leases import ShardsHeld


@dataclass(frozen=True, slots=True)
class Shares:
    """What each living process that takes a share holds now, and which shards are free."""

    counts: dict[str, int]
    free: Sequence[int]
    mine: Sequence[int]

    @property
    def least(self) -> int:
        """Return how many each should have at least."""
        return (sum(self.counts.values()) + len(self.free)) // max(1, len(self.counts))

    @property
    def with_one_more(self) -> int:
        """Return how many should have one more than that."""
        return (sum(self.counts.values()) + len(self.free)) % max(1, len(self.counts))


def look_at_shares(me: str, held: ShardsHeld, shard_count: int) -> Shares:
    """Return the shares as they are, ``me`` among them."""
    sharing = {process.id for process in held.processes if process.shares} | {me}
    counts = Counter(dict.fromkeys(sharing, 0))
    counts.update(holder for holder in held.holders.values() if holder in sharing)
    free = [shard for shard in range(shard_count) if shard not in held.holders]
    mine = [shard for shard, holder in held.holders.items() if holder == me]
    return Shares(dict(counts), free, mine)


def choose_to_take(me: str, shares: Shares, most: int) -> list[int]:
    """Return the free shards to take now, ``most`` of them: Discord wants new ones one by one.

    Those come first who have less than their share.
    """
    own, least = shares.counts[me], shares.least
    others = [count for process, count in shares.counts.items() if process != me]
    wanted = max(0, least - own)
    left = len(shares.free) - wanted - sum(max(0, least - count) for count in others)
    if own <= least and left > 0 and sum(n > least for n in others) < shares.with_one_more:
        wanted += 1
    return list(shares.free[: min(wanted, most)])


def choose_to_give_up(me: str, shares: Shares) -> int | None:
    """Return the shard to give up now, if there is one: the fullest process gives one at a time."""
    own, least = shares.counts[me], shares.least
    if shares.free or not shares.mine:
        return None
    fullest = max(shares.counts, key=lambda process: (shares.counts[process], process))
    ceiling = least + (shares.with_one_more > 0)
    somebody_wants = min(shares.counts.values()) < least and own > least
    return max(shares.mine) if fullest == me and (own > ceiling or somebody_wants) else None
