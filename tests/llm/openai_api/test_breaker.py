"""The breaker of an endpoint, over a real socket: what goes out while it is away, and after."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from bot.domain import Agent, Deadline
from bot.errors import (
    EndpointAway,
    LLMError,
    LLMMisconfigured,
    LLMOverBudget,
    LLMRefused,
    LLMUnavailable,
)
from bot.llm.openai_api.breaker import LONGEST_TOLD, BreakerLimits, CircuitBreaker
from bot.llm.protocol import CallContext, CallOutcome
from tests.llm.conftest import PROMPT, Line, within
from tests.stand_ins.openai_server import Answer, dropped, say, status

SHORT = BreakerLimits(failures=3, first_wait=0.2, longest_wait=0.4)
LONG = BreakerLimits(failures=3, first_wait=30.0, longest_wait=60.0)


def breaking(line: Line, limits: BreakerLimits) -> CircuitBreaker:
    line.connection.breaker = CircuitBreaker(line.endpoint.address, limits)
    return line.connection.breaker


async def fail_once_for_all(line: Line) -> None:
    """Ask until the breaker is open."""
    line.server.outage = status(503)
    with pytest.raises(LLMUnavailable):
        await line.client().say(PROMPT, within(1.0))
    assert not line.connection.breaker.is_closed


@pytest.mark.parametrize(
    "fault",
    [status(503), status(500), status(429), status(408), dropped()],
    ids=["503", "500", "429", "408", "dropped"],
)
async def test_a_question_waits_for_an_endpoint_that_comes_back(line: Line, fault: Answer) -> None:
    breaker = breaking(line, SHORT)
    line.server.will_answer(fault, fault, fault, fault, "Hello")
    begun = time.monotonic()
    assert await line.client().say(PROMPT, within()) == "Hello"
    # Three tries, a look after 0.2 s that fails, and one after 0.4 s more.
    assert time.monotonic() - begun >= 0.6
    assert breaker.is_closed
    assert line.records.outcomes == [*[CallOutcome.UNAVAILABLE] * 4, CallOutcome.OK]


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(status(401), LLMMisconfigured), (status(400), LLMRefused), (status(402), LLMOverBudget)],
    ids=["401", "400", "402"],
)
async def test_an_endpoint_that_refuses_is_not_away(
    line: Line, fault: Answer, kind: type[LLMError]
) -> None:
    breaker = breaking(line, SHORT)
    line.server.always(fault)
    for _ in range(4):
        with pytest.raises(kind):
            await line.client().say(PROMPT, within())
    assert breaker.is_closed


async def test_failures_with_answers_between_do_not_open_it(line: Line) -> None:
    breaker = breaking(line, SHORT)
    busy = status(429)
    line.server.will_answer(busy, busy, "one", busy, busy, "two", busy, busy, "three")
    for said in ("one", "two", "three"):
        assert await line.client().say(PROMPT, within()) == said
    assert (breaker.is_closed, breaker.failures) == (True, 0)


async def test_while_it_is_open_no_call_of_any_agent_goes_out(line: Line) -> None:
    breaking(line, LONG)
    await fail_once_for_all(line)
    before = len(line.server.requests)
    for agent in (Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC):
        begun = time.monotonic()
        with pytest.raises(EndpointAway) as caught:
            await line.client(agent=agent).say(PROMPT, within())
        assert time.monotonic() - begun < 5.0, "where no look comes in time nobody waits for it"
        assert "(3 calls failed)" in caught.value.detail
        assert "HTTP 503" in caught.value.detail
    assert len(line.server.requests) == before == 3
    assert len(line.records.made) == 3, "what was not asked is not on record"


async def test_one_call_looks_and_all_go_on_when_it_is_answered(line: Line) -> None:
    breaking(line, SHORT)
    await fail_once_for_all(line)
    line.server.outage = None
    hold, before = asyncio.Event(), len(line.server.requests)
    line.server.will_answer(Answer(body=say("Hello").body, hold=hold))
    line.server.always("Hello")
    asked = [asyncio.create_task(line.client().say(PROMPT, within())) for _ in range(5)]
    await line.server.wait_for_requests(before + 1)
    assert len(asked) == 5
    await asyncio.sleep(0)
    assert len(line.server.requests) == before + 1
    hold.set()
    assert await asyncio.gather(*asked) == ["Hello"] * 5
    assert len(line.server.requests) == before + 5


async def test_a_look_that_is_cancelled_leaves_it_to_the_next(line: Line) -> None:
    breaking(line, SHORT)
    await fail_once_for_all(line)
    line.server.outage = None
    before = len(line.server.requests)
    line.server.will_answer(Answer(hold=asyncio.Event()), "Hello")
    first = asyncio.create_task(line.client().say(PROMPT, within()))
    await line.server.wait_for_requests(before + 1)
    second = asyncio.create_task(line.client().say(PROMPT, within()))
    first.cancel()
    assert await second == "Hello"


async def test_looks_grow_rare_and_stay_bounded(line: Line) -> None:
    breaking(line, BreakerLimits(failures=3, first_wait=0.1, longest_wait=0.4))
    line.server.outage = status(503)
    with pytest.raises(EndpointAway):
        await line.client().say(PROMPT, within(1.9))
    # Three tries; then looks after 0.1, 0.2, 0.4, 0.4 … s.
    assert 3 + 4 <= len(line.server.requests) <= 3 + 6


async def test_an_endpoint_that_hangs_opens_it_sooner(line: Line) -> None:
    breaker = breaking(line, BreakerLimits(failures=4, first_wait=30.0, longest_wait=60.0))
    line.connection.timeout = 0.1
    line.server.outage = Answer(hold=asyncio.Event())
    with pytest.raises(EndpointAway):
        await line.client().say(PROMPT, within(2.0))
    assert len(line.server.requests) == 2
    assert "did not answer within" in breaker.why


async def test_a_look_that_runs_out_of_the_turns_time_is_a_failure(line: Line) -> None:
    breaker = breaking(line, SHORT)
    await fail_once_for_all(line)
    known = breaker.failures
    line.server.outage = Answer(hold=asyncio.Event())
    with pytest.raises((LLMOverBudget, EndpointAway)):
        await line.client().say(PROMPT, within(0.9))
    assert not breaker.is_closed
    assert breaker.failures == known + 1


async def test_a_wish_to_be_left_alone_is_heeded_within_bounds(line: Line) -> None:
    breaker = breaking(line, SHORT)
    for _ in range(3):
        breaker.note_failure("HTTP 429", retry_after=3000.0)
    assert LONGEST_TOLD - 1 < breaker.seconds_left <= LONGEST_TOLD
    with pytest.raises(EndpointAway):
        await breaker.wait(Deadline.after(60.0))
    assert line.server.requests == []


async def test_calls_that_wait_for_it_hold_no_place(line: Line) -> None:
    """Another endpoint shares the bound on calls, and is not held up."""
    breaker = breaking(line, SHORT)
    await fail_once_for_all(line)
    waiting = [asyncio.create_task(line.client().say(PROMPT, within())) for _ in range(4)]
    await asyncio.sleep(0)
    async with line.connection.queue.place(CallContext(Deadline.after(0.05))):
        assert not breaker.is_closed
    line.server.outage = None
    line.server.always("Hello")
    assert await asyncio.gather(*waiting) == ["Hello"] * 4


@pytest.mark.parametrize("turns", [1, 20])
async def test_it_is_logged_once_when_it_opens_and_once_when_it_closes(
    line: Line, turns: int
) -> None:
    breaking(line, SHORT)
    line.server.outage = status(503)
    with capture_logs() as logs:
        asked = [asyncio.create_task(line.client().say(PROMPT, within())) for _ in range(turns)]
        await line.server.wait_for_requests(4)
        line.server.outage = None
        line.server.always("Hello")
        await asyncio.gather(*asked)
    told = [entry["event"] for entry in logs if entry["event"].startswith("endpoint")]
    assert told == ["endpoint is away", "endpoint is back"]
