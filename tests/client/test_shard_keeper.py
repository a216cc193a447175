"""The keeper of leases on a real PostgreSQL: who holds what, and until when it may speak."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.client.shard_keeper import HeldLease, ShardKeeper
from bot.client.shard_plans import OwnShards, ShardPlan, SharedShards
from bot.domain import TurnState
from bot.errors import DeliveryError, SettingError
from bot.storage.database.change_feed import hear_changes
from bot.storage.database.database import Database
from bot.storage.database.fence import Fence, LeaseLost
from bot.storage.database.lane import WAIT_SECONDS
from bot.storage.database.troubles import DatabaseUnavailable
from bot.storage.stores.shard_leases import LeaseTimes, ShardLeaseStore, ShardProcess
from bot.storage.stores.stores import Stores
from tests.patience import PATIENCE
from tests.storage.samples import ROOM, said

TIMES = LeaseTimes(lease=3.0, margin=1.0, round=0.1)


class Clock:
    """A process's own clock, which a test sets forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Users:
    """Who serves the shards: notes what begins and ends."""

    def __init__(self) -> None:
        self.serves: dict[int, HeldLease] = {}

    def open(self, lease: HeldLease) -> None:
        self.serves[lease.shard_id] = lease

    async def close(self, lease: HeldLease) -> None:
        self.serves.pop(lease.shard_id, None)


@asynccontextmanager
async def process(
    url: str, name: str, plan: ShardPlan, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[tuple[ShardKeeper, Users]]:
    me = ShardProcess(name, f"host, process {name}", 3, isinstance(plan, SharedShards))
    async with ShardLeaseStore.open(url, me, TIMES) as store:
        keeper, users = ShardKeeper(store, plan, now=clock), Users()
        async with keeper.running():
            await keeper.serve_by(users)
            yield keeper, users


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - no event tells of it
            await asyncio.sleep(0.02)


async def test_processes_share_and_a_clean_stop_leaves_all_to_the_other(postgres_url: str) -> None:
    async with process(postgres_url, "a", SharedShards(3)) as (_, first):
        await until(lambda: len(first.serves) == 3)
        tokens = {shard: lease.fence.token for shard, lease in first.serves.items()}
        async with process(postgres_url, "b", SharedShards(3)) as (_, second):
            await until(lambda: len(first.serves) == 2 and len(second.serves) == 1)
            assert first.serves.keys() & second.serves.keys() == set()
        began = time.monotonic()
        await until(lambda: len(first.serves) == 3)
        assert time.monotonic() - began < TIMES.lease, "nobody waits for a lease that is given up"
        again = {shard: lease.fence.token for shard, lease in first.serves.items()}
        assert sum(again.values()) > sum(tokens.values()), "each holder has a token above the last"


async def test_the_second_process_for_a_shard_refuses_to_start(postgres_url: str) -> None:
    async with process(postgres_url, "a", OwnShards(frozenset({0, 1}))) as (_, users):
        assert sorted(users.serves) == [0, 1]
        for told in (frozenset({1, 2}), frozenset[int]()):
            with pytest.raises(SettingError) as refused:
                async with process(postgres_url, "b", OwnShards(told)):
                    """It does not come to that."""
            assert "(host, process a) already serves shard" in refused.value.detail
            assert "\n" not in refused.value.detail
    async with process(postgres_url, "b", OwnShards(frozenset())) as (_, users):
        assert len(users.serves) == 1


async def test_who_cannot_renew_is_silent_before_another_speaks(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process that stood still, and then goes on where it was."""
    database = await Database.open(postgres_url)
    clock = Clock()
    async with process(postgres_url, "a", SharedShards(1), clock) as (keeper, users):
        await until(lambda: 0 in users.serves)
        lease = users.serves[0]
        own = Stores.over(database.within(lease.fence))
        await own.rooms.bind(ROOM)
        await own.messages.add(said(1))
        turn = await own.turns.claim(ROOM.id)
        assert turn is not None
        await lease.confirm()
        lease.require()

        async def hangs(*, shares: bool) -> dict[int, int]:
            raise LeaseLost("the database is away")

        monkeypatch.setattr(keeper.store, "renew", hangs)
        clock.ahead += TIMES.lease - TIMES.margin
        with pytest.raises(DeliveryError):
            lease.require()
        async with process(postgres_url, "b", SharedShards(1)) as (_, others):
            await until(lambda: 0 in others.serves)
            step = replace(turn, state=TurnState.DRAFTED, draft="Hello.")
            with pytest.raises(LeaseLost):
                await own.turns.save(step, was=turn)
            theirs = Stores.over(database.within(others.serves[0].fence))
            assert (await theirs.turns.save(step, was=turn)).version == turn.version + 1
    await database.close()


async def test_a_shard_that_could_not_be_given_up_is_not_served_again_under_its_old_token(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with process(postgres_url, "a", SharedShards(1)) as (keeper, users):
        await until(lambda: 0 in users.serves)
        first, give_up = users.serves[0], keeper.store.give_up

        async def fail_once(fence: Fence) -> None:
            monkeypatch.setattr(keeper.store, "give_up", give_up)
            raise DatabaseUnavailable("no answer")

        monkeypatch.setattr(keeper.store, "give_up", fail_once)
        first.end()
        await until(lambda: 0 in users.serves and users.serves[0] is not first)
        assert users.serves[0].fence.token == first.fence.token + 1


async def test_who_stands_still_in_a_transaction_is_ended_while_others_still_wait(
    postgres_url: str,
) -> None:
    """Else one process that is stopped keeps all others from writing what it holds."""
    database = await Database.open(postgres_url)
    async with database.write() as connection:
        setting = text("SELECT setting::int FROM pg_settings WHERE name = :name")
        name = "idle_in_transaction_session_timeout"
        milliseconds = await connection.scalar(setting, {"name": name})
    await database.close()
    assert 0 < milliseconds / 1000 < WAIT_SECONDS / 2


async def test_a_take_over_waits_for_a_write_that_is_under_way(postgres_url: str) -> None:
    """So that nothing is written under an old lease once there is a new one."""
    database = await Database.open(postgres_url)
    short = LeaseTimes(lease=0.2)
    async with (
        ShardLeaseStore.open(postgres_url, ShardProcess("a", "a"), short) as mine,
        ShardLeaseStore.open(postgres_url, ShardProcess("b", "b"), short) as theirs,
    ):
        assert await mine.take(lambda _: [0]) == {0: 1}
        async with database.within(Fence(0, 1)).write():
            assert not await holds(theirs, 0, after=0.3), "it has ended, and yet"
        assert await theirs.take(lambda _: [0]) == {0: 2}
    await database.close()


async def test_a_read_mark_is_not_moved_once_the_shard_is_anothers(postgres_url: str) -> None:
    """It may be written along with whatever the process writes next, for any shard."""
    database = await Database.open(postgres_url)
    await Stores.over(database).rooms.bind(ROOM)
    marks = []
    async with ShardLeaseStore.open(postgres_url, ShardProcess("a", "a"), TIMES) as store:
        await store.take(lambda _: [0])
        for token, message_id in ((1, 5), (0, 7)):
            rooms = Stores.over(database.within(Fence(0, token))).rooms
            rooms.see_soon(ROOM.id, message_id)
            await database.flush()
            marks.append(await rooms.last_seen(ROOM.id))
    await database.close()
    assert marks == [5, 5]


async def holds(store: ShardLeaseStore, shard: int, *, after: float) -> bool:
    """Whether a process can take a shard after some seconds."""
    await asyncio.sleep(after)
    return shard in await store.take(lambda held: {shard} - set(held.holders))


async def test_sessions_begin_at_discords_pace_whatever_the_process(postgres_url: str) -> None:
    stores = [ShardProcess(name, name) for name in "ab"]
    async with (
        ShardLeaseStore.open(postgres_url, stores[0], TIMES) as a,
        ShardLeaseStore.open(postgres_url, stores[1], TIMES) as b,
    ):
        await a.take(lambda _: [0])  # and of the others there are no leases
        began = time.monotonic()
        times: dict[int, float] = {}

        async def begin(store: ShardLeaseStore, shard: int) -> None:
            await store.wait_to_identify(shard, 2, 0.5)
            times[shard] = time.monotonic() - began

        await asyncio.gather(begin(a, 0), begin(b, 1), begin(b, 2))
        assert abs(times[2] - times[0]) > 0.45, "one after the other in a bucket"
        assert times[1] < max(times.values()), "and buckets side by side"


async def test_however_many_shards_wait_to_begin_leases_are_renewed(postgres_url: str) -> None:
    shards, buckets, apart = 100, 20, 0.02
    me, other = ShardProcess("a", "a"), ShardProcess("b", "b")
    async with (
        ShardLeaseStore.open(postgres_url, me, TIMES) as store,
        ShardLeaseStore.open(postgres_url, other, TIMES) as others,
    ):
        began: list[int] = []

        async def begin(shard: int) -> None:
            await store.wait_to_identify(shard, buckets, apart)
            began.append(shard)

        tokens = await store.take(lambda _: range(shards))
        waiting = asyncio.gather(*map(begin, range(shards)))
        while not waiting.done():
            assert await store.renew(shares=True) == tokens
            await others.wait_to_identify(0, buckets, apart)
        await waiting
    assert sorted(began) == [*range(shards)], "each of them"
    in_bucket = [shard for shard in began if shard % buckets == 3]
    assert in_bucket == sorted(in_bucket), "who came first was served first"


async def test_what_another_process_changes_is_read_anew(postgres_url: str) -> None:
    here, there = [await Database.open(postgres_url) for _ in range(2)]
    mine, others = Stores.over(here), Stores.over(there)
    await others.rooms.bind(ROOM)
    async with hear_changes(postgres_url, here.changes):
        await until(lambda: here.changes.may_keep)
        room = await mine.rooms.get(ROOM.id)
        assert room is not None
        assert await mine.rooms.get(ROOM.id) is room, "it is kept"
        await others.rooms.see(ROOM.id, 5)
        await others.rooms.bind(ROOM)
        await until(lambda: ROOM.id not in mine.rooms._cache._values)
    assert not here.changes.may_keep, "nothing is kept while changes are not heard of"
    await here.close()
    await there.close()
