"""What is held for a call before it is made, and what is counted when it is over."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.domain import Room
from bot.domain.limits import NANO, Amount
from bot.errors import LimitUsedUp, LLMError
from bot.llm.call_budget import ANSWER_TOKENS, CallEstimate, amount_of, estimate_of
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.endpoint import Price, Sampling
from bot.llm.openai_api.accounting import begun_call
from bot.llm.openai_api.client import Client
from bot.llm.protocol import CallContext
from bot.prompting.templates import probability_check
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores
from tests.llm.conftest import PROMPT, Line, within
from tests.patience import PATIENCE
from tests.stand_ins.openai_server import (
    MODEL,
    Answer,
    Request,
    answer_json,
    dropped,
    say,
    status,
    web_page,
)


@dataclass
class Held:
    amount: Amount


@dataclass
class Books:
    """A budget that notes what it is asked, and refuses when told to."""

    refuses: bool = False
    held: list[Amount] = field(default_factory=list)
    taken: list[Amount] = field(default_factory=list)

    async def reserve(self, estimate: CallEstimate, ctx: CallContext) -> Held:
        if self.refuses:
            raise LimitUsedUp("used up")
        self.held.append(estimate.amount)
        return Held(estimate.amount)

    async def settle(self, reserved: object, took: Amount) -> None:
        assert isinstance(reserved, Held)
        self.taken.append(took)


def client(line: Line, books: Books, **changes: object) -> Client:
    endpoint = replace(line.endpoint, **changes)  # type: ignore[arg-type]
    return Client(endpoint, MODEL, line.connection, line.records, probability_check(), books)


class Colour(BaseModel):
    name: str


async def test_a_call_is_held_at_its_most_and_counted_as_it_was(line: Line) -> None:
    books = Books()
    line.server.will_answer(say("Hi", tokens=(40, 5, 10)))
    await client(line, books, sampling=Sampling(max_tokens=50)).say(PROMPT, within())
    (held,), (took,) = books.held, books.taken
    assert held.tokens >= len("You greet people.Hello, I am Ada Secretname.") + 50
    # 30 new tokens at $1, 10 cached at $0.50, 5 answered at $10, per million.
    assert took == Amount(1, 45, 85_000)
    assert took.cost / NANO == pytest.approx(line.records.made[0].cost)


async def test_each_attempt_and_repair_is_held_by_itself(line: Line) -> None:
    books = Books()
    line.server.will_answer(status(500), say("no JSON", tokens=(7, 3, 0)), {"name": "teal"})
    await client(line, books).ask(PROMPT, Colour, within())
    assert [took.tokens for took in books.taken] == [0, 10, 28]
    assert [took.calls for took in books.taken] == [1, 1, 1]
    assert len(books.held) == 3


async def test_a_place_is_free_again_while_what_a_call_took_is_being_counted(line: Line) -> None:
    books, counting, go_on = Books(), asyncio.Event(), asyncio.Event()
    settle = books.settle

    async def slowly(reserved: object, took: Amount) -> None:
        counting.set()
        await go_on.wait()
        await settle(reserved, took)

    line.connection.queue = CallQueue(ConcurrencyLevel(1, is_fixed=True))
    line.server.always("Hi")
    with patch.object(books, "settle", slowly):
        first = asyncio.create_task(client(line, books).say(PROMPT, within()))
        async with asyncio.timeout(PATIENCE):
            await counting.wait()
            assert await client(line, Books()).say(PROMPT, within()) == "Hi"
        assert not first.done()
        go_on.set()
        assert await first == "Hi"
    assert len(books.taken) == 1


@pytest.mark.parametrize(
    ("answer", "times"), [(status(429), 3), (status(401), 1), (web_page(), 3), (dropped(), 3)]
)
async def test_a_failure_of_the_endpoint_takes_no_tokens(
    line: Line, answer: Answer, times: int
) -> None:
    books = Books()
    line.server.will_answer(*[answer] * times)
    with pytest.raises(LLMError):
        await client(line, books).say(PROMPT, within())
    assert {*books.taken} == {Amount(calls=1)}


async def test_what_did_not_come_in_time_counts_as_estimated(line: Line) -> None:
    books = Books()
    line.server.always(Answer(after=5))
    line.connection.timeout = 0.05
    with pytest.raises(LLMError):
        await client(line, books).say(PROMPT, within())
    assert books.taken == books.held


async def test_what_is_cancelled_counts_as_estimated(line: Line) -> None:
    books = Books()
    there = asyncio.Event()

    async def stay(_: Request) -> Answer:
        there.set()
        return Answer(after=5)

    line.server.will_answer(stay)
    asking = asyncio.create_task(client(line, books).say(PROMPT, within()))
    await there.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert books.taken == books.held


async def test_an_endpoint_that_does_not_count_is_counted_by_length(line: Line) -> None:
    books = Books()
    message = {"role": "assistant", "content": "Hi"}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    line.server.will_answer(answer_json({"choices": [choice]}))
    await client(line, books).say(PROMPT, within())
    (held,), (took,) = books.held, books.taken
    assert 40 < took.tokens < held.tokens


async def test_a_refused_call_is_not_made(line: Line) -> None:
    with pytest.raises(LimitUsedUp):
        await client(line, Books(refuses=True)).say(PROMPT, within())
    assert line.server.asked == []
    assert line.records.made == []


def kept(file: Path) -> list[tuple[str, int, bool]]:
    """The calls as another process finds them: outcome, tokens, and if it is under way."""
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT outcome, completion_tokens, under_way IS NOT NULL FROM llm_calls"
        return [(outcome, tokens, bool(way)) for outcome, tokens, way in connection.execute(query)]


async def test_a_call_is_on_record_before_it_goes_out(line: Line, tmp_path: Path) -> None:
    """A kill while it is under way leaves it there, as one that may be billed."""
    file = tmp_path / "calls.db"
    async with open_database(f"sqlite:///{file}") as database:
        stores = Stores.over(database)
        calls = stores.calls
        for room_id in (1, 2, 7):
            await stores.rooms.bind(Room(room_id, 1, 3, 4))
        line.connection.begin_call = calls.begin

        class Counting(Books):
            async def reserve(self, estimate: CallEstimate, ctx: CallContext) -> Held:
                async with database.write():
                    return await super().reserve(estimate, ctx)

        seen: list[list[tuple[str, int, bool]]] = []

        async def look(_: Request) -> Answer:
            seen.append(await asyncio.to_thread(kept, file))
            return say("Hi", tokens=(40, 5, 10))

        books = Counting()
        asked = Client(
            line.endpoint, MODEL, line.connection, calls.record, probability_check(), books
        )
        line.server.will_answer(look)
        await asked.say(PROMPT, within(turn=7))
        assert seen == [[("cancelled", 0, True)]]
        assert await calls.count_cut_short([1]) == 0, "it has come to something"
        await database.flush()
        assert kept(file) == [("ok", 5, False)]
        (call,) = await calls.of_turn(7)
        assert (call.attempt, call.prompt_tokens) == (1, 40)
        books.refuses = True
        with pytest.raises(LimitUsedUp):
            await asked.say(PROMPT, within())
        await database.flush()
        assert len(kept(file)) == 1, "a call that did not go out is none"
        begun = begun_call(line.endpoint, MODEL, PROMPT, within(turn=8))
        here = replace(begun, room_id=1)
        calls.begin(here)
        calls.begin(replace(begun, room_id=2, mark=begun.mark + 1))
        assert await calls.count_cut_short([1]) == 0, "it may be answered yet"
        calls = Stores.over(database).calls  # killed, and started anew with one of two rooms
        assert [await calls.count_cut_short([1]) for _ in range(2)] == [1, 0]
        assert kept(file)[1:] == [("cancelled", 0, False), ("cancelled", 0, True)]
        for since in (begun.started_at, begun.started_at - timedelta(days=2)):
            (usage,) = await calls.usage([1, 2], since)
            assert (usage.calls, usage.failed, usage.cost) == (1, 1, None)


@given(st.text(), st.text(), st.integers(1, 5_000))
def test_no_text_has_more_tokens_than_its_estimate(one: str, other: str, most: int) -> None:
    messages = [{"role": "user", "content": text} for text in (one, other)]
    estimate = estimate_of({"messages": messages, "max_tokens": most}, None)
    assert estimate.prompt_tokens > len(one.encode("utf-8", "replace")) + len(
        other.encode("utf-8", "replace")
    )
    assert estimate.completion_tokens == most
    assert estimate_of({"messages": messages}, None).completion_tokens == ANSWER_TOKENS
    assert estimate_of({"input": [one, other]}, None).completion_tokens == 0


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.floats(0, 100, allow_nan=False),
    st.floats(0, 100, allow_nan=False),
)
def test_less_never_costs_more(prompt: int, completion: int, paid: float, answered: float) -> None:
    price = Price(paid, answered)
    whole = amount_of(prompt, completion, price)
    part = amount_of(prompt // 2, completion // 2, price)
    assert part.cost <= whole.cost
    assert part.tokens <= whole.tokens
