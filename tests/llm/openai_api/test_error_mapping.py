"""Everything an endpoint can do wrong, over a real socket, and what a caller is told of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from structlog.testing import capture_logs

from bot.errors import (
    AnswerNotInForm,
    LLMError,
    LLMMisconfigured,
    LLMOverBudget,
    LLMRefused,
    LLMUnavailable,
)
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.openai_api.connection import Timeouts
from bot.llm.openai_api.error_mapping import retry_after
from bot.llm.protocol import CallContext, CallOutcome, ChatMessage, Prompt
from tests.llm.conftest import PROMPT, Line, within
from tests.stand_ins.openai_server import (
    KEY,
    Answer,
    answer_json,
    dropped,
    say,
    status,
    web_page,
)


class Colour(BaseModel):
    name: str
    warmth: int


TEAL = {"name": "teal", "warmth": 30}
_OK_BODY = say("Hello").body
_WRONG_TYPES = {"choices": [{"message": {"content": 5}}]}

# What comes back, on every try; the error it is for the caller; tries; a word of the detail.
LASTING = [
    pytest.param(status(401, error="invalid_api_key"), LLMMisconfigured, 1, "OPENAI_API_KEY",
                 id="401"),
    pytest.param(status(403), LLMMisconfigured, 1, "OPENAI_API_KEY", id="403"),
    pytest.param(status(403, message="input flagged by moderation"), LLMRefused, 1, "filter",
                 id="403 moderation"),
    pytest.param(status(402), LLMOverBudget, 1, "quota", id="402"),
    pytest.param(status(404, error="model_not_found"), LLMMisconfigured, 1, "no such model",
                 id="404 model"),
    pytest.param(status(404), LLMMisconfigured, 1, "ends in /v1", id="404"),
    pytest.param(status(400, param="model"), LLMMisconfigured, 1, "MODEL", id="400 model"),
    pytest.param(status(400, message="The model `x` does not exist"), LLMMisconfigured, 1, "MODEL",
                 id="400 model in words"),
    pytest.param(status(400, error="content_filter"), LLMRefused, 1, "filter", id="400 filter"),
    pytest.param(status(400, error="context_length_exceeded"), LLMRefused, 1, "too long",
                 id="400 too long"),
    pytest.param(status(413), LLMRefused, 1, "too long", id="413"),
    pytest.param(status(400), LLMRefused, 1, "HTTP 400", id="400"),
    pytest.param(status(422), LLMRefused, 1, "HTTP 422", id="422"),
    pytest.param(status(429), LLMUnavailable, 3, "HTTP 429", id="429"),
    pytest.param(status(429, error="insufficient_quota"), LLMOverBudget, 1, "quota",
                 id="429 quota"),
    pytest.param(status(408), LLMUnavailable, 3, "HTTP 408", id="408"),
    pytest.param(status(500), LLMUnavailable, 3, "HTTP 500", id="500"),
    pytest.param(status(529), LLMUnavailable, 3, "HTTP 529", id="529"),
    pytest.param(web_page(502), LLMUnavailable, 3, "HTTP 502", id="502 web page"),
    pytest.param(web_page(), LLMUnavailable, 3, "a web page", id="200 web page"),
    pytest.param(Answer(body=_OK_BODY[:40]), LLMUnavailable, 3, "broken JSON", id="half a JSON"),
    pytest.param(Answer(body=_OK_BODY, cut=40), LLMUnavailable, 3, "No answer", id="cut off"),
    pytest.param(Answer(body=b""), LLMUnavailable, 3, "nothing", id="nothing"),
    pytest.param(Answer(body=b"\xff\xfe\x00"), LLMUnavailable, 3, "JSON", id="not UTF-8"),
    pytest.param(dropped(), LLMUnavailable, 3, "No answer", id="dropped socket"),
    pytest.param(answer_json({"choices": []}), LLMUnavailable, 3, "another shape",
                 id="no choices"),
    pytest.param(answer_json({"error": {"message": "overloaded"}}), LLMUnavailable, 3,
                 "another shape", id="error with status 200"),
    pytest.param(answer_json(_WRONG_TYPES), LLMUnavailable, 3, "another shape", id="wrong types"),
    pytest.param(answer_json([1, 2]), LLMUnavailable, 3, "another shape", id="a list"),
    pytest.param(answer_json(None), LLMUnavailable, 3, "another shape", id="null"),
    pytest.param(say("No.", refusal="I can't help with that"), LLMRefused, 1, "declined",
                 id="refusal"),
    pytest.param(say(None, finish="content_filter"), LLMRefused, 1, "filter", id="filtered answer"),
    pytest.param(say(""), AnswerNotInForm, 2, "no text", id="empty text"),
    pytest.param(say(None), AnswerNotInForm, 2, "no text", id="no text"),
    pytest.param(say(" \n"), AnswerNotInForm, 2, "no text", id="blank text"),
    pytest.param(say("Once upon", finish="length"), AnswerNotInForm, 2, "cut off",
                 id="cut at length"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "kind", "tries", "word"), LASTING)
async def test_a_lasting_failure(
    line: Line, answer: Answer, kind: type[LLMError], tries: int, word: str
) -> None:
    line.server.always(answer)
    with pytest.raises(LLMError) as caught:
        await line.client().say(PROMPT, within())
    assert type(caught.value) is kind, caught.value.detail
    assert word in caught.value.detail
    assert len(line.server.requests) == tries
    assert len(line.records.made) == tries, "every attempt is recorded"
    assert CallOutcome.OK not in line.records.outcomes
    said = caught.value.detail + str(caught.value)
    assert KEY not in said
    assert "Secretname" not in said


@pytest.mark.parametrize(
    "answer",
    [status(429), status(500), web_page(), dropped(), Answer(body=b"{"), answer_json({})],
    ids=["429", "500", "web page", "dropped", "half a JSON", "wrong shape"],
)
async def test_a_passing_failure_is_tried_again(line: Line, answer: Answer) -> None:
    line.server.will_answer(answer, answer, "Hello")
    assert await line.client().say(PROMPT, within()) == "Hello"
    assert line.records.outcomes == [
        CallOutcome.UNAVAILABLE,
        CallOutcome.UNAVAILABLE,
        CallOutcome.OK,
    ]


@pytest.mark.parametrize(
    ("answer", "places"),
    [(status(429), 4), (status(500), 8), (status(400), 8)],
    ids=["429", "500", "400"],
)
async def test_an_endpoint_that_cannot_follow_is_asked_less_at_once(
    line: Line, answer: Answer, places: int
) -> None:
    line.connection.queue = CallQueue(ConcurrencyLevel(8))
    line.connection.patience = Timeouts(attempts=1)
    line.server.will_answer(answer)
    with suppress(LLMError):
        await line.client().say(PROMPT, within())
    assert line.connection.queue.level.places == places


async def test_an_endpoint_that_does_not_answer_is_asked_less_at_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run_out_of_time(*_: object) -> bytes:
        raise TimeoutError

    line.connection.queue = CallQueue(ConcurrencyLevel(8))
    line.connection.patience = Timeouts(attempts=1)
    monkeypatch.setattr(line.connection, "post", run_out_of_time)
    with pytest.raises(LLMUnavailable):
        await line.client().say(PROMPT, within())
    assert line.connection.queue.level.places == 4


MISSHAPEN = [
    pytest.param("I like teal.", id="prose"),
    pytest.param('{"name": "teal", "warm', id="half a JSON"),
    pytest.param('{"name": "teal"}', id="field missing"),
    pytest.param('{"name": "teal", "warmth": "30"}', id="number as text"),
    pytest.param('{"name": "teal", "warmth": true}', id="truth for a number"),
    pytest.param('{"name": "teal", "warmth": NaN}', id="not a number"),
    pytest.param('{"name": "teal", "warmth": 1, "warmth": 99}', id="named twice"),
    pytest.param('{"name": "a", "warmth": 1} {"name": "b", "warmth": 2}', id="two answers"),
    pytest.param('[{"name": "teal", "warmth": 30}]', id="a list"),
    pytest.param("[" * 100_000 + "{", id="deep nesting"),
    pytest.param("", id="nothing"),
]


@pytest.mark.parametrize("said", MISSHAPEN)
async def test_a_misshapen_answer_is_asked_for_again_and_then_refused(
    line: Line, said: str
) -> None:
    line.server.will_answer(say(said), say(said))
    with pytest.raises(LLMRefused) as caught:
        await line.client().ask(PROMPT, Colour, within())
    assert "asked form" in caught.value.detail
    assert line.records.outcomes == [CallOutcome.INVALID, CallOutcome.INVALID]


@pytest.mark.parametrize("said", MISSHAPEN)
async def test_a_misshapen_answer_can_be_mended(line: Line, said: str) -> None:
    line.server.will_answer(say(said), TEAL)
    assert (await line.client().ask(PROMPT, Colour, within())).warmth == 30
    assert "JSON schema" in line.server.asked[1].body["messages"][-1]["content"]


async def test_a_cut_off_answer_is_asked_for_more_briefly(line: Line) -> None:
    line.server.will_answer(say('{"name": "teal and', finish="length"), TEAL)
    await line.client().ask(PROMPT, Colour, within())
    assert "more briefly" in line.server.asked[1].body["messages"][-1]["content"]
    assert line.server.asked[1].form == "json_schema", "the schema was not at fault"


async def test_what_the_model_made_up_is_not_in_the_detail(line: Line) -> None:
    class Closed(Colour, extra="forbid"):
        pass

    line.server.always({**TEAL, "Secretname": "Ada"})
    with pytest.raises(LLMRefused) as caught:
        await line.client().ask(PROMPT, Closed, within())
    assert "Secretname" not in caught.value.detail
    assert "extra_forbidden" in caught.value.detail


async def test_a_slow_answer_is_given_up_and_tried_again(line: Line) -> None:
    never = asyncio.Event()
    line.connection.timeout = 0.1
    line.server.will_answer(Answer(hold=never), "Hello")
    assert await line.client().say(PROMPT, within()) == "Hello"
    assert line.records.outcomes == [CallOutcome.UNAVAILABLE, CallOutcome.OK]
    assert line.server.cancelled == 1, "the endpoint is told that nobody waits any more"


async def test_the_deadline_ends_a_call_that_hangs(line: Line) -> None:
    line.server.outage = Answer(hold=asyncio.Event())
    begun = time.monotonic()
    with pytest.raises(LLMOverBudget):
        await line.client().say(PROMPT, within(0.2))
    assert time.monotonic() - begun < 5.0
    assert line.records.outcomes == [CallOutcome.OVER_BUDGET]


async def test_no_call_is_made_after_the_deadline(line: Line) -> None:
    with pytest.raises(LLMOverBudget):
        await line.client().say(PROMPT, within(0.0))
    assert line.server.requests == []
    assert line.records.made == []


@pytest.mark.parametrize("form", ["seconds", "date"])
async def test_retry_after_is_honoured(line: Line, form: str) -> None:
    then = datetime.now(UTC) + timedelta(seconds=2)
    value = "0.3" if form == "seconds" else format_datetime(then, usegmt=True)
    line.server.will_answer(status(429, retry_after=value), "Hello")
    begun = time.monotonic()
    await line.client().say(PROMPT, within())
    # A date has whole seconds, so that two seconds may be just above one.
    assert time.monotonic() - begun >= (0.3 if form == "seconds" else 0.9)


async def test_a_wait_beyond_the_deadline_is_not_begun(line: Line) -> None:
    line.server.will_answer(status(429, retry_after="300"))
    begun = time.monotonic()
    with pytest.raises(LLMUnavailable) as caught:
        await line.client().say(PROMPT, within())
    assert time.monotonic() - begun < 5.0
    assert caught.value.retry_after == 300


async def test_no_more_calls_at_once_than_there_are_places(line: Line) -> None:
    hold = asyncio.Event()
    line.server.always(lambda _: Answer(body=_OK_BODY, hold=hold))
    client = line.client()
    calls = [asyncio.create_task(client.say(PROMPT, within())) for _ in range(3)]
    await line.server.wait_for_requests(2)
    with pytest.raises(LLMOverBudget, match=LLMOverBudget.public) as caught:
        await client.say(PROMPT, within(0.05))
    assert "before the model could be asked" in caught.value.detail
    assert len(line.server.requests) == 2
    hold.set()
    assert await asyncio.gather(*calls) == ["Hello"] * 3


async def test_a_cancelled_call_frees_its_place_and_is_recorded(line: Line) -> None:
    line.server.will_answer(*[Answer(hold=asyncio.Event())] * 2, "Hello")
    client = line.client()
    calls = [asyncio.create_task(client.say(PROMPT, within())) for _ in range(2)]
    await line.server.wait_for_requests(2)
    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    assert line.records.outcomes == [CallOutcome.CANCELLED] * 2
    assert await client.say(PROMPT, within()) == "Hello"


async def test_nothing_said_and_no_key_is_logged(line: Line) -> None:
    line.server.will_answer(status(500, message=f"{KEY} Secretname"), "Secretname again", TEAL)
    client = line.client()
    with capture_logs() as logs:
        await client.say(PROMPT, within())
        await client.ask(PROMPT, Colour, within())
    assert [entry["event"] for entry in logs] == ["llm_call"] * 3
    assert "Secretname" not in str(logs)
    assert KEY not in str(logs)


async def test_a_prompt_of_odd_characters_arrives_whole(line: Line) -> None:
    text = 'Z͑ͫ̓ͪa̐l\u202e "}]\\ \u0000 🧑‍🧑‍🧒 \ud7ff'
    half_a_character = "\ud800"
    line.server.will_answer("Hello")
    prompt = Prompt("odd", "0" * 12, (ChatMessage("user", text + half_a_character),))
    await line.client().say(prompt, CallContext(within().deadline))
    assert line.server.asked[0].body["messages"][0]["content"] == text + "?"


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_ignored(value: str) -> None:
    seconds = retry_after({"retry-after": value})
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("", None), ("2", 2.0), ("0.5", 0.5), ("-1", None), ("nan", None), ("inf", None),
     ("soon", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("Wed, 99 Oct 2015", None)],
)  # fmt: skip
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds
