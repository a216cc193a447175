"""Questions asked side by side: together, in order, and failing as one."""

from __future__ import annotations

import asyncio

import pytest

from bot.agents.questions import side_by_side
from bot.errors import LLMUnavailable


async def test_results_come_in_the_order_of_the_questions() -> None:
    first = asyncio.Event()

    async def slow() -> str:
        await first.wait()
        return "slow"

    async def quick() -> str:
        first.set()
        return "quick"

    assert await side_by_side([slow(), quick()]) == ["slow", "quick"]


async def test_a_failure_stops_the_others_and_is_raised_as_it_is() -> None:
    stopped: list[str] = []

    async def fails() -> str:
        raise LLMUnavailable("down", retry_after=2)

    async def waits() -> str:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append("waits")
        return ""

    with pytest.raises(LLMUnavailable) as caught:
        await side_by_side([waits(), fails()])
    assert caught.value.retry_after == 2
    assert stopped == ["waits"]


async def test_being_cancelled_cancels_all() -> None:
    stopped: list[str] = []

    async def waits(name: str) -> str:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(name)
        return ""

    task = asyncio.create_task(side_by_side([waits("a"), waits("b")]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(stopped) == ["a", "b"]
