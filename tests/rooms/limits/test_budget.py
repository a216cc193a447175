"""Calls side by side, in whatever order they end, and the process that dies between."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from bot.domain import Deadline, PostKind, PostTo, Room
from bot.domain.limits import Amount, Limit, OperatorLimits, Scope, Subject
from bot.errors import LimitUsedUp
from bot.llm.call_budget import CallEstimate
from bot.llm.endpoint import Price
from bot.llm.protocol import CallContext
from bot.rooms.limits.usage_limits import Reservation, UsageLimits
from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
ROOMS = (Room(10, 1, 20, 10), Room(11, 1, 20, 11), Room(12, 2, 21, 12))
OPERATOR = OperatorLimits(
    person=Limit(calls=8, tokens=3_000),
    room=Limit(tokens=4_000, cost=3_000_000),
    server=Limit(calls=12, tokens=6_000),
    process=Limit(tokens=7_000),
)
PRICE = Price(input=1.0, output=2.0)

# (what, room, person, tokens in, tokens out of the estimate; hundredths of them in the end)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["reserve"] * 4 + ["settle"] * 3 + ["crash", "cancel"]),
        st.integers(0, 2),
        st.integers(1, 2),
        st.integers(1, 400),
        st.integers(1, 400),
        st.integers(0, 100),
    ),
    max_size=30,
)
Step = tuple[str, int, int, int, int, int]


def context(room: Room = ROOMS[0], *people: int, by_moderator: bool = False) -> CallContext:
    return CallContext(
        Deadline.after(60), room_id=room.id, people=people, by_moderator=by_moderator
    )


class Play:
    """A process with calls under way, which may die, and what each call really took."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.open: list[tuple[Reservation, CallEstimate]] = []
        self.counted: dict[Subject, Amount] = {}
        """What is to be in the account: estimates of what is open or was cut off by a crash."""

    async def run(self, steps: Sequence[Step]) -> None:
        self.database = await Database.open(self.url)
        try:
            self.stores = Stores.over(self.database)
            for room in ROOMS:
                await self.stores.rooms.bind(room)
            self.limits = self.fresh()
            for step in steps:
                await self.take(*step)
                await self.check()
            for reservation, _ in self.open:
                await self.settle(reservation, Amount())
            await self.check()
            assert self.limits._held == {}
        finally:
            await self.database.close()

    def fresh(self) -> UsageLimits:
        return UsageLimits(self.stores, OPERATOR, clock=lambda: NOON)

    async def take(
        self, what: str, room: int, person: int, prompt: int, answer: int, share: int
    ) -> None:
        if what == "crash":
            self.open.clear()
            self.limits = self.fresh()
        elif what == "settle" and self.open:
            reservation, estimate = self.open.pop(prompt % len(self.open))
            part = CallEstimate(
                estimate.prompt_tokens * share // 100,
                estimate.completion_tokens * share // 100,
                PRICE,
            )
            await self.settle(reservation, part.amount)
        elif what in ("reserve", "cancel"):
            estimate = CallEstimate(prompt, answer, PRICE)
            asking = asyncio.create_task(
                self.limits.reserve(estimate, context(ROOMS[room], person))
            )
            if what == "cancel":
                for _ in range(share % 7):
                    await asyncio.sleep(0)
                asking.cancel()
            try:
                reservation = await asking
            except (LimitUsedUp, asyncio.CancelledError):
                return
            self.open.append((reservation, estimate))
            self.count(reservation, reservation.amount)

    async def settle(self, reservation: Reservation, took: Amount) -> None:
        await self.limits.settle(reservation, took)
        self.count(reservation, took - reservation.amount)

    def count(self, reservation: Reservation, more: Amount) -> None:
        for charge in reservation.charges:
            self.counted[charge.subject] = self.counted.get(charge.subject, Amount()) + more

    async def check(self) -> None:
        """Nothing has passed a limit, and nothing is counted but what there is."""
        used = await self.stores.usage_limits.used(NOON.date(), list(self.counted))
        assert used == self.counted
        for subject, amount in used.items():
            limit = {
                Scope.PERSON: Limit() if subject.guild_id else OPERATOR.person,
                Scope.ROOM: OPERATOR.room,
                Scope.SERVER: OPERATOR.server,
                Scope.PROCESS: OPERATOR.process,
            }[subject.scope]
            assert limit.passed_by(amount) is None


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("limits") / "template.db"
    asyncio.run(migrate(f"sqlite:///{file}"))
    return file


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_no_limit_is_passed_and_nothing_leaks(migrated: Path, steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(shutil.copy(migrated, folder))
        asyncio.run(Play(f"sqlite:///{file}").run(steps))


@pytest.fixture
async def stores(migrated: Path, tmp_path: Path) -> object:
    database = await Database.open(f"sqlite:///{shutil.copy(migrated, tmp_path / 'a.db')}")
    stores = Stores.over(database)
    for room in ROOMS:
        await stores.rooms.bind(room)
    yield stores
    await database.close()


async def test_calls_at_once_share_what_is_left(stores: Stores) -> None:
    limits = UsageLimits(stores, OperatorLimits(person=Limit(tokens=1_000)), clock=lambda: NOON)
    asked = [limits.reserve(CallEstimate(60, 40), context(ROOMS[n % 3], 5)) for n in range(40)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    held = [one for one in results if isinstance(one, Reservation)]
    assert len(held) == 10
    assert sum(isinstance(one, LimitUsedUp) for one in results) == 30
    used = await stores.usage_limits.used(NOON.date(), [Subject(Scope.PERSON, 5)])
    assert used[Subject(Scope.PERSON, 5)] == Amount(10, 1_000)


async def test_a_call_asks_the_account_twice(stores: Stores) -> None:
    """It is counted and looked at by one statement, and settled by another."""
    limits = UsageLimits(stores, OPERATOR, clock=lambda: NOON)
    await limits.reserve(CallEstimate(1, 1), context(ROOMS[0], 5))  # whose rows are there then
    asked: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement.split(maxsplit=1)[0])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        reservation = await limits.reserve(CallEstimate(1, 1), context(ROOMS[0], 5))
        await limits.settle(reservation, Amount(1, 1))
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert asked == ["UPDATE", "UPDATE"]


async def test_two_processes_share_one_account(stores: Stores) -> None:
    operator = OperatorLimits(server=Limit(calls=7), process=Limit(calls=5))
    one, two = (UsageLimits(stores, operator, process=n, clock=lambda: NOON) for n in range(2))
    calls = [limits.reserve(CallEstimate(1, 1), context()) for limits in (one, two) * 10]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(result, Reservation) for result in results) == 7
    by_process = [Subject(Scope.PROCESS, n) for n in range(2)]
    used = await stores.usage_limits.used(NOON.date(), by_process)
    assert sum(amount.calls for amount in used.values()) == 7
    assert max(amount.calls for amount in used.values()) <= 5


async def test_what_a_moderator_asks_is_not_the_rooms(stores: Stores) -> None:
    operator = OperatorLimits(room=Limit(calls=1), server=Limit(calls=2))
    limits = UsageLimits(stores, operator, clock=lambda: NOON)
    await limits.reserve(CallEstimate(1, 1), context())
    with pytest.raises(LimitUsedUp) as caught:
        await limits.reserve(CallEstimate(1, 1), context())
    assert str(caught.value) == (
        "The limit of this Chat Room for today is used up. It starts again at 00:00 UTC."
    )
    await limits.reserve(CallEstimate(1, 1), context(by_moderator=True))
    with pytest.raises(LimitUsedUp) as caught:
        await limits.reserve(CallEstimate(1, 1), context(by_moderator=True))
    assert str(caught.value) == (
        "The limit of this server for today is used up. It starts again at 00:00 UTC."
    )


async def test_moderators_are_told_once_a_step_in_each_channel(stores: Stores) -> None:
    limits = UsageLimits(stores, OperatorLimits(server=Limit(tokens=100)), clock=lambda: NOON)
    said: list[str] = []
    for _ in range(10):
        reservation = await limits.reserve(CallEstimate(5, 5), context(ROOMS[1]))
        await limits.settle(reservation, Amount(1, 10))
    limits = UsageLimits(stores, limits.operator, clock=lambda: NOON)  # after a restart too
    with pytest.raises(LimitUsedUp):
        await limits.reserve(CallEstimate(5, 5), context())
    while post := await stores.outbox.next(10, PostTo.MODERATORS):
        assert post.new.kind is PostKind.NOTICE
        said.append(post.new.text.split(" of the limit")[0].split(" the limit")[0])
        await stores.outbox.delivered(post.id, 1)
    assert said == [
        "This server has used 50 %",
        "This server has used 80 %",
        "This server has used up",
    ]
    assert await stores.outbox.next(11, PostTo.MODERATORS) is None
    assert await stores.outbox.next(12, PostTo.MODERATORS) is None


async def test_an_estimate_alone_reaches_no_step(stores: Stores) -> None:
    limits = UsageLimits(stores, OperatorLimits(room=Limit(tokens=100)), clock=lambda: NOON)
    large = await limits.reserve(CallEstimate(50, 30), context())
    small = await limits.reserve(CallEstimate(5, 5), context())
    await limits.settle(small, Amount(1, 10))
    await limits.settle(large, Amount(1, 20))
    assert await stores.outbox.next(10, PostTo.MODERATORS) is None


async def test_earlier_days_are_forgotten(stores: Stores) -> None:
    days = [NOON.replace(day=day) for day in (1, 2, 3)]
    subject = Subject(Scope.ROOM, 10)
    for now in days:
        limits = UsageLimits(stores, OperatorLimits(), clock=partial(datetime.replace, now))
        await limits.reserve(CallEstimate(1, 1), context())
        await limits.forget_earlier_days()
    kept = [await stores.usage_limits.used(now.date(), [subject]) for now in days]
    assert [used[subject].calls for used in kept] == [0, 1, 1]
