"""The sharing of shards: whatever was held by whom, all come to even shares in few moves."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from bot.client.shard_plans import OwnShards, SharedShards, count_in_force
from bot.client.shard_sharing import choose_to_give_up, choose_to_take, look_at_shares
from bot.storage.stores.shard_leases import ALL_SHARDS, ShardProcess, ShardsHeld


def held_by(processes: list[str], holders: dict[int, str], shards: int) -> ShardsHeld:
    return ShardsHeld([ShardProcess(one, one, shards, True) for one in processes], holders, {})


@pytest.mark.parametrize("seed", range(200))
def test_shares_become_even_and_stay_so(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
    shards, processes = chance.randint(1, 20), [f"p{n}" for n in range(chance.randint(1, 6))]
    holders = {n: chance.choice(processes) for n in range(shards) if chance.random() < 0.7}
    moves, before = 0, None
    while before != holders:
        before = dict(holders)
        for me in chance.sample(processes, len(processes)):
            shares = look_at_shares(me, held_by(processes, holders, shards), shards)
            holders |= dict.fromkeys(choose_to_take(me, shares, 1), me)
            shares = look_at_shares(me, held_by(processes, holders, shards), shards)
            if (given_up := choose_to_give_up(me, shares)) is not None:
                del holders[given_up]
                moves += 1
    counts = Counter(dict.fromkeys(processes, 0)) + Counter(holders.values())
    each = [counts[one] for one in processes]
    assert len(holders) == shards, "none is left out"
    assert max(each) - min(each) <= 1
    assert moves <= shards, "none is moved twice"


def test_a_process_that_gives_nothing_up_is_left_what_it_was_told_to_serve() -> None:
    told = ShardProcess("told", "told", 4)
    held = ShardsHeld([told, ShardProcess("me", "me", 4, True)], {0: "told", 1: "told"}, {})
    plan = SharedShards(4)
    assert list(plan.choose_to_take("me", held)) == [2]
    full = ShardsHeld(held.processes, {0: "told", 1: "told", 2: "me", 3: "me"}, {})
    assert plan.choose_to_give_up("me", full) is None


def test_who_counts_the_shards_otherwise_is_in_the_way() -> None:
    other = ShardProcess("other", "host, process 7", 3, True)
    blocking = SharedShards(4).blocked_by("me", ShardsHeld([other], {2: "other"}, {}))
    assert blocking is not None
    assert blocking.why.startswith("SHARD_COUNT: another bot (host, process 7)")


def test_who_may_choose_counts_the_shards_as_those_do_who_run() -> None:
    told = ShardProcess("told", "told", 2)  # was told its shards: it counts as it was told to
    assert count_in_force(ShardsHeld([], {}, {}), 5) == 5
    assert count_in_force(ShardsHeld([told], {}, {}), 5) == 5
    running = ShardProcess("other", "other", 4, True)
    assert count_in_force(ShardsHeld([told, running], {}, {}), 5) == 4


@pytest.mark.parametrize(
    ("told", "holders", "blocked"),
    [
        (frozenset({1}), {1: "other"}, True),
        (frozenset({1}), {0: "other"}, False),
        (frozenset({1}), {ALL_SHARDS: "other"}, True),
        (frozenset(), {3: "other"}, True),
        (frozenset(), {}, False),
    ],
)
def test_of_what_it_was_told_it_takes_all_or_nothing(
    told: frozenset[int], holders: dict[int, str], blocked: bool
) -> None:
    held = ShardsHeld([ShardProcess("other", "host, process 7", 4)], holders, {})
    plan = OwnShards(told)
    assert list(plan.choose_to_take("me", held)) == ([] if blocked else sorted(plan.wanted))
