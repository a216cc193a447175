"""Tasks that exist only while there is work."""

import asyncio

from bot.tasks import KeyedTasks


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
