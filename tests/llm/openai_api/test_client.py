"""The client against a scripted endpoint, over a real socket: what works."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import replace

import pytest
from pydantic import BaseModel, Field

from bot.domain import Agent, Deadline
from bot.errors import AnswerNotInForm, LLMRefused
from bot.llm.endpoint import Sampling
from bot.llm.openai_api.client import MAX_TOKENS
from bot.llm.openai_api.connection import DISTRUST_SECONDS
from bot.llm.protocol import CallContext, CallOutcome, ChatMessage
from tests.llm.conftest import PROMPT, Line, within
from tests.stand_ins.openai_server import MODEL, answer_json, say, status


class Colour(BaseModel):
    name: str = Field(max_length=20)
    warmth: int = Field(ge=0, le=100)
    tags: tuple[str, ...] = ()


TEAL = {"name": "teal", "warmth": 30, "tags": []}


async def test_a_text_is_said(line: Line) -> None:
    line.server.will_answer(say("  Good day!\n"))
    assert await line.client().say(PROMPT, within()) == "Good day!"
    body = line.server.asked[0].body
    # Nothing optional is sent unless it is configured, but a bound: some models refuse it.
    assert set(body) == {"model", "messages", "max_tokens"}
    assert body["max_tokens"] == MAX_TOKENS
    assert [m["role"] for m in body["messages"]] == ["system", "user"]


async def test_a_typed_answer_is_asked_for_by_a_strict_schema(line: Line) -> None:
    line.server.will_answer(TEAL)
    answer = await line.client().ask(PROMPT, Colour, within())
    assert answer == Colour(name="teal", warmth=30)
    schema = line.server.asked[0].body["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert schema["schema"]["required"] == ["name", "warmth", "tags"]
    assert schema["schema"]["additionalProperties"] is False
    assert schema["schema"]["properties"]["name"] == {"type": "string", "maxLength": 20}


async def test_configured_sampling_is_sent_and_a_call_may_override_it(line: Line) -> None:
    line.server.will_answer("one", "two")
    client = line.client(sampling=Sampling(temperature=0.2, max_tokens=50))
    await client.say(PROMPT, within())
    await client.say(
        PROMPT, CallContext(Deadline.after(5), seed=7), sampling={"temperature": 1.1, "top_p": 0.9}
    )
    first, second = (request.body for request in line.server.asked)
    assert (first["temperature"], first["max_tokens"]) == (0.2, 50)
    assert "seed" not in first
    assert (second["temperature"], second["top_p"]) == (1.1, 0.9)
    assert (second["max_tokens"], second["seed"]) == (50, 7)


async def test_every_attempt_is_recorded_with_tokens_and_cost(line: Line) -> None:
    line.server.will_answer(status(500), say("Hi", tokens=(1000, 100, 400)))
    await line.client(agent=Agent.CRITIC).say(PROMPT, within(turn=12))
    failed, made = line.records.made
    assert (failed.outcome, failed.attempt, failed.completion_tokens) == ("unavailable", 1, 0)
    assert (made.agent, made.model, made.turn_id, made.attempt) == (Agent.CRITIC, MODEL, 12, 2)
    assert (made.prompt_name, made.prompt_version) == ("greeting", "0123456789ab")
    assert (made.prompt_tokens, made.cached_tokens, made.completion_tokens) == (1000, 400, 100)
    # 600 new tokens at $1, 400 cached at $0.50, 100 answered at $10, per million.
    assert made.cost == pytest.approx(0.0018)
    assert 0 < made.seconds < 10
    assert made.started_at.tzinfo is not None


async def test_cost_is_unknown_without_a_price(line: Line) -> None:
    line.server.will_answer("Hi")
    await line.client(price=None).say(PROMPT, within())
    assert line.records.made[0].cost is None


async def test_an_invalid_answer_is_repaired_once(line: Line) -> None:
    line.server.will_answer({"name": "teal", "warmth": 200, "tags": []}, TEAL)
    assert (await line.client().ask(PROMPT, Colour, within())).warmth == 30
    repair = line.server.asked[1].body["messages"]
    assert [m["role"] for m in repair] == ["system", "user", "assistant", "user"]
    assert "warmth: Input should be less than or equal to 100" in repair[-1]["content"]
    assert line.records.outcomes == [CallOutcome.INVALID, CallOutcome.OK]
    assert [record.attempt for record in line.records.made] == [1, 2]


@pytest.mark.parametrize(
    ("refuses", "form", "said"),
    [
        (["json_schema"], "json_object", json.dumps(TEAL)),
        (["json_schema", "json_object"], "text", f"Sure:\n```json\n{json.dumps(TEAL)}\n```"),
    ],
)
async def test_where_schemas_are_refused_the_next_form_is_used_and_kept(
    line: Line, refuses: list[str], form: str, said: str
) -> None:
    line.server.refuses |= set(refuses)
    line.server.will_answer(said, said)
    client = line.client()
    await client.ask(PROMPT, Colour, within())
    before = len(line.server.requests)
    await client.ask(PROMPT, Colour, within())
    assert len(line.server.requests) == before + 1, "what worked is remembered"
    assert line.server.asked[1].form == form
    # JSON mode wants the word in a message; it stands with the stable part, not with people's.
    messages = line.server.asked[1].body["messages"]
    assert "JSON schema" in messages[0]["content"]
    assert messages[1]["content"] == PROMPT.messages[1].content


async def test_bounds_that_a_provider_refuses_are_left_out_of_the_schema(line: Line) -> None:
    line.server.will_answer(status(400, message="schema: 'maxLength' is not permitted"), TEAL)
    await line.client().ask(PROMPT, Colour, within())
    schema = line.server.asked[1].body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["name"] == {"type": "string"}


@pytest.mark.parametrize("second", ["<think>hm</think>Teal, again.", ""])
async def test_what_is_in_no_form_twice_is_at_hand_without_its_thoughts(
    line: Line, second: str
) -> None:
    line.server.will_answer("Teal, again.", second)
    with pytest.raises(AnswerNotInForm) as caught:
        await line.client().ask(PROMPT, Colour, within())
    assert caught.value.said == "Teal, again."
    assert "Teal" not in f"{caught.value} {caught.value.detail}"


async def test_an_endpoint_that_ignores_schemas_is_told_in_words_from_then_on(line: Line) -> None:
    line.server.will_answer("Teal is my favourite.", TEAL, TEAL)
    client = line.client()
    await client.ask(PROMPT, Colour, within())
    assert line.server.asked[1].form == "json_object"
    await client.ask(PROMPT, Colour, within())
    assert line.server.asked[2].form == "json_object"
    assert len(line.server.asked) == 3


async def test_one_answer_of_the_wrong_shape_is_not_held_against_an_endpoint_for_ever(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("bot.llm.openai_api.connection.time.monotonic", lambda: now)
    line.server.will_answer(TEAL, "Teal.", TEAL, TEAL, TEAL, "Teal.", TEAL, TEAL, TEAL)
    client, forms = line.client(), []

    async def ask() -> None:
        begun = len(line.server.asked)
        await client.ask(PROMPT, Colour, CallContext(Deadline.after(1e6)))
        forms.append(line.server.asked[begun].form)

    await ask()
    await ask()  # answered in prose, and mended
    await ask()
    now += DISTRUST_SECONDS
    await ask()
    await ask()  # in prose again
    now += DISTRUST_SECONDS
    await ask()
    now += DISTRUST_SECONDS
    await ask()
    schema, words = "json_schema", "json_object"
    assert forms == [schema, schema, words, schema, schema, words, schema]


async def test_an_unexplained_400_counts_against_the_form_only_until_it_worked(line: Line) -> None:
    line.server.will_answer(status(400), TEAL)
    client = line.client()
    await client.ask(PROMPT, Colour, within())  # the bounds were dropped, and then it worked
    line.server.will_answer(status(400))
    with pytest.raises(LLMRefused):
        await client.ask(PROMPT, Colour, within())


@pytest.mark.parametrize(
    ("refused", "kept", "sent"),
    [
        (["temperature"], {"max_tokens": 50}, {"temperature"}),
        (["max_tokens"], {"max_completion_tokens": 50, "temperature": 0.2}, {"max_tokens"}),
        (
            ["max_tokens", "max_completion_tokens", "temperature"],
            {},
            {"max_tokens", "max_completion_tokens", "temperature"},
        ),
    ],
)
async def test_refused_parameters_are_left_out_and_stay_out(
    line: Line, refused: list[str], kept: dict[str, float], sent: set[str]
) -> None:
    line.server.refuses |= set(refused)
    line.server.will_answer("one", "two")
    client = line.client(sampling=Sampling(temperature=0.2, max_tokens=50))
    await client.say(PROMPT, within())
    before = len(line.server.requests)
    await client.say(PROMPT, within())
    assert len(line.server.requests) == before + 1
    for request in line.server.asked:
        assert {name: request.body.get(name) for name in kept} == kept
        assert not sent & set(request.body)


async def test_thoughts_before_an_answer_are_no_part_of_it(line: Line) -> None:
    line.server.will_answer(
        "<think>\nShe said {hello}.\n</think>\n\nHello!",
        '<think>Which one? {"name"?}</think>{"name": "teal", "warmth": 30, "tags": []}',
    )
    client = line.client()
    assert await client.say(PROMPT, within()) == "Hello!"
    assert (await client.ask(PROMPT, Colour, within())).name == "teal"


async def test_probabilities_fold_tokens_and_sum_to_one(line: Line) -> None:
    tokens = {
        " Yes": math.log(0.4),
        "yes": math.log(0.2),
        "NO": math.log(0.2),
        "Maybe": math.log(0.1),
    }
    line.server.will_answer(say("Yes", top=[tokens], finish="length"))
    client = line.client()
    shares = await client.probabilities(PROMPT, ["Yes", "No"], within())
    assert shares == {"Yes": pytest.approx(0.75), "No": pytest.approx(0.25)}
    assert client.gives_probabilities
    body = line.server.asked[0].body
    assert (body["logprobs"], body["top_logprobs"], body["max_tokens"]) == (True, 20, 1)


async def test_probabilities_are_refused_if_no_option_is_likely(line: Line) -> None:
    line.server.will_answer(say("Hm", top=[{"Hm": -0.1, "Well": -3.0}], finish="length"))
    with pytest.raises(LLMRefused):
        await line.client().probabilities(PROMPT, ["Yes", "No"], within())


async def test_fewer_top_tokens_where_an_endpoint_gives_only_five(line: Line) -> None:
    refusal = status(400, param="top_logprobs", message="top_logprobs must be at most 5")
    line.server.will_answer(refusal, say("Yes", top=[{"Yes": -0.1}], finish="length"))
    shares = await line.client().probabilities(PROMPT, ["Yes", "No"], within())
    assert shares == {"Yes": 1.0, "No": 0.0}
    assert line.server.asked[1].body["top_logprobs"] == 5


@pytest.mark.parametrize("gives", [True, False])
async def test_a_probe_finds_out_whether_there_are_probabilities(line: Line, gives: bool) -> None:
    line.connection.gives_probabilities.clear()
    line.server.probabilities = gives
    client = line.client()
    assert not client.gives_probabilities
    await client.probe()
    assert client.gives_probabilities is gives
    await client.probe()
    assert len(line.server.requests) == 1, "it is asked once"


async def test_a_probe_that_logprobs_are_refused_says_no(line: Line) -> None:
    line.connection.gives_probabilities.clear()
    line.server.refuses.add("logprobs")
    client = line.client()
    await client.probe()
    assert line.connection.gives_probabilities == {MODEL: False}


async def test_a_probe_of_an_endpoint_that_is_down_is_made_up_for_later(line: Line) -> None:
    line.connection.gives_probabilities.clear()
    line.server.probabilities = True
    line.server.outage = status(503)
    client = line.client()
    await client.probe()
    assert MODEL not in line.connection.gives_probabilities
    line.server.outage = None
    line.server.will_answer("Hello")
    tries = len(line.server.requests)
    await client.say(PROMPT, within())
    await line.server.wait_for_requests(tries + 2)
    await client.probed()
    assert client.gives_probabilities
    await client.close()


async def test_a_model_is_probed_on_the_side_by_one_of_its_agents(line: Line) -> None:
    line.connection.gives_probabilities.clear()
    line.server.probabilities = True
    line.server.will_answer("Hello", "Hello", "Hello")
    clients = [line.client(agent=agent) for agent in (Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC)]
    await asyncio.gather(*(client.say(PROMPT, within()) for client in clients))
    await asyncio.gather(*(client.probed() for client in clients))
    names = [record.prompt_name for record in line.records.made]
    assert sorted(names) == ["greeting", "greeting", "greeting", "probe"]
    assert all(client.gives_probabilities for client in clients)
    await asyncio.gather(*(client.close() for client in clients))


async def test_texts_are_embedded_in_their_order(line: Line) -> None:
    line.server.will_answer(
        answer_json(
            {
                "data": [
                    {"index": 1, "embedding": [0.0, 1.0]},
                    {"index": 0, "embedding": [1.0, 0.0]},
                ],
                "usage": {"prompt_tokens": 4},
            }
        )
    )
    prompts = [replace(PROMPT, messages=(ChatMessage("user", text),)) for text in ("a", "b")]
    vectors = await line.client().embed(prompts, within())
    assert vectors == [[1.0, 0.0], [0.0, 1.0]]
    assert line.server.asked[0].path == "/embeddings"
    assert line.server.asked[0].body["input"] == ["a", "b"]
    assert line.records.made[0].prompt_version == PROMPT.version
    assert line.records.made[0].prompt_tokens == 4
