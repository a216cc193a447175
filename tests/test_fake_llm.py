"""The fake is strict: tests rest on it."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain import Agent, Deadline, Lessons
from bot.errors import LLMUnavailable
from bot.llm.protocol import LLM, CallContext, ChatMessage, Prompt
from tests.fake_llm import Asked, FakeLLM, FakeLLMs

PROMPT = Prompt("greeting", "0" * 12, (ChatMessage("user", "Hello"),))


@pytest.fixture
def ctx() -> CallContext:
    return CallContext(Deadline.after(5))


async def test_it_answers_as_scripted_in_order(ctx: CallContext) -> None:
    fake = FakeLLM(gives_probabilities=True)
    fake.will_answer(Lessons(learned="a"), {"learned": "b"}, "hi", {"Yes": 3, "No": 1})
    as_llm: LLM = fake
    assert await as_llm.ask(PROMPT, Lessons, ctx) == Lessons(learned="a")
    assert await as_llm.ask(PROMPT, Lessons, ctx) == Lessons(learned="b")
    assert await as_llm.say(PROMPT, ctx, sampling={"temperature": 1.0}) == "hi"
    assert await as_llm.probabilities(PROMPT, ["Yes", "No"], ctx) == {"Yes": 0.75, "No": 0.25}
    fake.assert_done()
    assert [asked.how for asked in fake.history] == ["ask", "ask", "say", "probabilities"]
    assert fake.history[2].sampling == {"temperature": 1.0}
    assert fake.history[0].text == "user: Hello"


async def test_functions_see_the_call_and_may_wait_or_fail(ctx: CallContext) -> None:
    fake, gate = FakeLLM(), asyncio.Event()

    async def when_told(asked: Asked) -> str:
        await gate.wait()
        return f"to {asked.prompt.name}"

    fake.will_answer(when_told, LLMUnavailable("down"))
    fake.always(lambda _: "again")
    call = asyncio.create_task(fake.say(PROMPT, ctx))
    gate.set()
    assert await call == "to greeting"
    with pytest.raises(LLMUnavailable):
        await fake.say(PROMPT, ctx)
    assert [await fake.say(PROMPT, ctx) for _ in range(2)] == ["again"] * 2


async def test_an_unexpected_call_fails_even_if_it_is_swallowed(ctx: CallContext) -> None:
    fakes = FakeLLMs()
    with pytest.raises(AssertionError, match="unexpected call number 1 of the critic's model"):
        await fakes[Agent.CRITIC].say(PROMPT, ctx)
    with pytest.raises(AssertionError, match="unexpected calls:\n  say greeting"):
        fakes.assert_done()
    assert fakes.calls == 1


async def test_an_answer_left_over_fails() -> None:
    fake = FakeLLM(Agent.THERAPIST)
    fake.will_answer("never asked for")
    with pytest.raises(AssertionError, match="therapist was asked 0 times; 1 scripted"):
        fake.assert_done()


async def test_a_scripted_answer_of_the_wrong_kind_fails(ctx: CallContext) -> None:
    fake = FakeLLM()
    fake.will_answer("text")
    with pytest.raises(AssertionError, match="but Lessons is due"):
        await fake.ask(PROMPT, Lessons, ctx)
    with pytest.raises(AssertionError, match="gives no probabilities"):
        await fake.probabilities(PROMPT, ["Yes"], ctx)
