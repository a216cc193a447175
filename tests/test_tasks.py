"""Tasks that exist only while there is work."""

import asyncio
import itertools

import pytest
from structlog.testing import capture_logs

from bot import tasks
from bot.tasks import KeyedTasks
from tests.patience import PATIENCE


async def test_a_wake_during_work_is_not_lost() -> None:
    done: list[int] = []
    waiting = [1]
    entered = asyncio.Event()
    let_on = asyncio.Event()

    async def work(_: str) -> bool:
        entered.set()
        await let_on.wait()
        if waiting:
            done.append(waiting.pop())
        return bool(waiting)

    workers = KeyedTasks[str]("test", work)
    workers.wake("room")
    await entered.wait()
    waiting.append(2)  # as if it came right after the worker had looked
    workers.wake("room")
    let_on.set()
    await workers.settled()
    assert sorted(done) == [1, 2]
    assert not workers.busy("room")


async def test_one_task_per_key_and_keys_side_by_side() -> None:
    running: set[str] = set()
    most: list[int] = []
    both = asyncio.Barrier(2)

    async def work(key: str) -> bool:
        assert key not in running
        running.add(key)
        most.append(len(running))
        await both.wait()
        running.discard(key)
        return False

    workers = KeyedTasks[str]("test", work)
    for key in ("a", "b", "a", "b"):
        if not workers.busy(key):
            workers.wake(key)
    await workers.settled()
    assert max(most) == 2


async def test_an_error_ends_the_task_and_the_next_wake_tries_again() -> None:
    calls: list[str] = []

    async def work(key: str) -> bool:
        calls.append(key)
        if len(calls) == 1:
            raise RuntimeError("broken")
        return False

    workers = KeyedTasks[str]("test", work)
    workers.wake("room")
    await workers.settled()
    workers.wake("room")
    await workers.settled()
    assert calls == ["room", "room"]


async def test_close_cancels_what_runs_and_starts_nothing() -> None:
    entered = asyncio.Event()

    async def work(_: str) -> bool:
        entered.set()
        await asyncio.Event().wait()
        return False

    workers = KeyedTasks[str]("test", work)
    workers.wake("room")
    await entered.wait()
    await workers.close()
    workers.wake("room")
    assert not workers.busy("room")


class Work:
    """Work that fails while it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.checks = 0
        self.fails = True
        self.check_fails = False
        self.done = asyncio.Event()

    async def do(self, _: str) -> bool:
        self.calls += 1
        if self.fails:
            raise RuntimeError("broken")
        self.done.set()
        return False

    async def check(self) -> None:
        self.checks += 1
        if self.check_fails:
            raise OSError("disk full")


async def wake_often(workers: KeyedTasks[str], *keys: str, times: int = 20) -> None:
    for _ in range(times):
        for key in keys:
            workers.wake(key)
        await workers.settled()


async def test_what_fails_again_and_again_is_tried_at_growing_intervals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.tasks.time.monotonic", lambda: now)
    work = Work()
    workers = KeyedTasks[str]("test", work.do)
    tried: list[float] = []
    for _ in range(400):  # half an hour, woken every five seconds
        before = work.calls
        await wake_often(workers, "room", times=1)
        tried.extend([now] * (work.calls - before))
        now += 5.0
    waits = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert waits[:6] == [5.0, 15.0, 30.0, 60.0, 120.0, 240.0]
    assert set(waits[7:]) <= {tasks.LONGEST_WAIT}
    await workers.close()


async def test_a_wake_in_a_wait_is_heeded_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.tasks.FIRST_WAIT", 0.05)
    work = Work()
    workers = KeyedTasks[str]("test", work.do)
    await wake_often(workers, "room")
    assert work.calls == 2
    work.fails = False
    async with asyncio.timeout(PATIENCE):
        await work.done.wait()
    work.fails, work.calls = True, 0
    await wake_often(workers, "room")
    assert work.calls == 2, "success begins anew"


async def test_a_check_has_to_go_through_before_what_failed_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.tasks.FIRST_WAIT", 0.0)
    work = Work()
    work.check_fails = True
    workers = KeyedTasks[str]("test", work.do, before_retry=work.check)
    await wake_often(workers, "room")
    assert (work.calls, work.checks) == (1, 19)
    work.check_fails = work.fails = False
    await wake_often(workers, "room", times=2)
    assert (work.calls, work.checks) == (3, 20), "after a success there is nothing to check"


async def test_other_keys_are_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work()
    workers = KeyedTasks[str]("test", work.do)
    await wake_often(workers, "broken")
    work.fails = False
    workers.wake("well")
    await workers.settled()
    assert work.done.is_set()
    workers.forget_failures("broken")
    workers.wake("broken")
    await workers.settled()
    assert work.calls == 4


async def test_one_kind_of_error_is_logged_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.tasks.time.monotonic", lambda: now)
    work = Work()
    workers = KeyedTasks[str]("test", work.do, before_retry=work.check)
    keys = [f"room {number}" for number in range(20)]
    with capture_logs() as logs:
        await wake_often(workers, *keys)
        assert len(logs) == 1
        now += tasks.QUIET_SECONDS
        await wake_often(workers, *keys)
        assert len(logs) == 2
        assert logs[1]["left_out"] == 39
        work.check_fails = True
        now += tasks.QUIET_SECONDS / 2
        await wake_often(workers, *keys)
    assert len(logs) == 3, "an error of another kind is told at once"
    await workers.close()


async def test_closing_ends_the_waits() -> None:
    work = Work()
    workers = KeyedTasks[str]("test", work.do)
    await wake_often(workers, "room")
    await workers.close()
    await wake_often(workers, "room")
    assert work.calls == 2
