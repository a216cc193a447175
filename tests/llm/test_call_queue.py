"""Who gets the next place: people before scoring, rooms in turn, and nobody never."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bot.domain import Deadline
from bot.errors import LLMOverBudget
from bot.llm.call_queue import LESSER_TURN, CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.protocol import CallContext, CallPriority

PERSON, MODERATOR = CallPriority.PERSON, CallPriority.MODERATOR
SCORING, BACKGROUND = CallPriority.SCORING, CallPriority.BACKGROUND


def asked(priority: CallPriority, room: int = 1, seconds: float = 5.0) -> CallContext:
    return CallContext(Deadline.after(seconds), room_id=room, priority=priority)


@dataclass
class Calls:
    """Calls through a queue, each of which ends when it is told to."""

    queue: CallQueue
    began: list[str] = field(default_factory=list)
    ends: dict[str, asyncio.Event] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def ask(self, name: str, ctx: CallContext) -> None:
        self.ends[name] = asyncio.Event()
        self.tasks.append(asyncio.create_task(self._call(name, ctx)))
        await self._go_on()

    async def end(self, *names: str) -> None:
        for name in names:
            self.ends[name].set()
            await self._go_on()

    async def end_all(self) -> Sequence[str]:
        """End whatever has begun, one after the other; return the order of the beginnings."""
        ended = 0
        while ended < len(self.began):
            await self.end(self.began[ended])
            ended += 1
        return self.began

    async def _call(self, name: str, ctx: CallContext) -> None:
        async with self.queue.place(ctx):
            self.began.append(name)
            await self.ends[name].wait()

    async def _go_on(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)


def calls(places: int) -> Calls:
    return Calls(CallQueue(ConcurrencyLevel(places, is_fixed=True)))


async def test_scoring_has_at_most_half_the_places_even_if_nobody_else_asks() -> None:
    made = calls(4)
    for number in range(6):
        await made.ask(f"score {number}", asked(SCORING, room=number))
    assert made.began == ["score 0", "score 1"]
    await made.ask("draft", asked(PERSON))
    await made.ask("answer", asked(MODERATOR))
    assert made.began[2:] == ["draft", "answer"]  # at once, although scoring hangs


async def test_people_go_before_moderators_and_these_before_scoring() -> None:
    made = calls(1)
    await made.ask("first", asked(PERSON))
    for name, priority in (("rest", BACKGROUND), ("score", SCORING), ("answer", MODERATOR)):
        await made.ask(name, asked(priority))
    await made.ask("draft", asked(PERSON))
    assert await made.end_all() == ["first", "draft", "answer", "score", "rest"]


async def test_scoring_does_not_starve_while_people_always_wait() -> None:
    made = calls(1)
    await made.ask("draft 0", asked(PERSON))
    await made.ask("score", asked(SCORING))
    for number in range(1, 3 * LESSER_TURN):
        await made.ask(f"draft {number}", asked(PERSON))
    order = await made.end_all()
    assert order.index("score") <= LESSER_TURN
    assert len(order) == 3 * LESSER_TURN + 1


async def test_rooms_take_turns_however_much_one_of_them_asks() -> None:
    made = calls(1)
    await made.ask("first", asked(PERSON, room=9))
    for number in range(5):
        await made.ask(f"loud {number}", asked(PERSON, room=1))
    await made.ask("quiet", asked(PERSON, room=2))
    order = await made.end_all()
    assert order[:4] == ["first", "loud 0", "quiet", "loud 1"]


async def test_whoever_gives_up_leaves_the_line_and_takes_no_place() -> None:
    made = calls(1)
    await made.ask("first", asked(PERSON))
    await made.ask("gives up", asked(PERSON))
    await made.ask("last", asked(PERSON))
    made.tasks[1].cancel()
    assert await made.end_all() == ["first", "last"]
    assert not made.queue.is_needed, "nobody is left in the line"


async def test_one_cancelled_as_its_place_comes_free_hands_it_on() -> None:
    made = calls(1)
    await made.ask("first", asked(PERSON))
    await made.ask("second", asked(PERSON))
    await made.ask("third", asked(PERSON))
    made.ends["first"].set()
    await asyncio.sleep(0)  # the first leaves, and the second is admitted but has not gone on
    made.tasks[1].cancel()
    assert await made.end_all() == ["first", "third"]


async def test_a_place_that_does_not_come_free_in_time_is_over_budget() -> None:
    made = calls(1)
    await made.ask("first", asked(PERSON))
    for seconds in (0.0, 0.01):
        with pytest.raises(LLMOverBudget):
            async with made.queue.place(asked(PERSON, seconds=seconds)):
                pytest.fail("there was no place")
    await made.end("first")
    assert not made.queue.is_needed
