"""Schemas that strict endpoints take, and what is read from what models write."""

from __future__ import annotations

import json
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from bot.domain import Lessons, Reflection, Review
from bot.llm.openai_api.compat import CompletionRequest, EndpointCompat, ErrorComplaint, Form
from bot.llm.openai_api.logprobs import probability_share
from bot.llm.openai_api.responses import TopToken
from bot.llm.openai_api.structured import (
    InvalidAnswer,
    answer_schema,
    read_answer,
)
from bot.llm.openai_api.thoughts import without_thoughts


class Mood(StrEnum):
    CALM = "calm"
    UPSET = "upset"


class Part(BaseModel):
    default: str = ""
    """Named like a keyword, to be told apart from one."""
    mood: Mood = Field(Mood.CALM, description="how it feels")


class Whole(BaseModel):
    reason: str = Field(max_length=40)
    score: int = Field(ge=0, le=100)
    parts: tuple[Part, ...] = ()
    note: str | None = None


def test_a_schema_is_strict_all_the_way_down() -> None:
    schema = answer_schema(Whole)
    part = schema["$defs"]["Part"]
    for node in (schema, part):
        assert node["additionalProperties"] is False
        assert node["required"] == list(node["properties"])
    assert schema["required"] == ["reason", "score", "parts", "note"], "reasons come first"
    assert part["properties"] == {"default": {"type": "string"}, "mood": {"$ref": "#/$defs/Mood"}}
    assert schema["properties"]["score"] == {"type": "integer", "minimum": 0, "maximum": 100}


def test_a_schema_can_do_without_bounds() -> None:
    properties = answer_schema(Whole, bounds=False)["properties"]
    assert properties["score"] == {"type": "integer"}
    assert properties["reason"] == {"type": "string"}


@pytest.mark.parametrize("answer", [Review, Reflection, Lessons])
def test_the_schemas_of_the_rooms_hold_no_open_object(answer: type[BaseModel]) -> None:
    assert '"additionalProperties": {' not in json.dumps(answer_schema(answer))


WHOLE = Whole(reason="it {hurts}", score=40, parts=(Part(mood=Mood.UPSET),), note=None)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "\n{}\n",
        "```json\n{}\n```",
        "```\n{}\n```",
        "Here it is:\n{}\nI hope it helps.",
        "<think>hm {{ \n</think>{}",
    ],
)
def test_one_object_is_found_wherever_it_stands(text: str) -> None:
    said = text.replace("{}", WHOLE.model_dump_json()).replace("{{", "{")
    assert read_answer(said, Whole) == WHOLE


@given(st.builds(Whole, reason=st.text(max_size=40), score=st.integers(0, 100)))
def test_whatever_can_be_said_is_read(whole: Whole) -> None:
    assert read_answer(whole.model_dump_json(), Whole) == whole


@given(st.one_of(st.text(), st.text('{}[]":,0123456789eE+-.truefalsn\\ ')))
def test_no_text_breaks_the_reading(text: str) -> None:
    without_thoughts(text)
    with pytest.raises(InvalidAnswer):
        read_answer(text, Whole)


@given(st.integers(0, 200))
def test_half_an_answer_is_never_an_answer(length: int) -> None:
    text = WHOLE.model_dump_json()
    if length < len(text):
        with pytest.raises(InvalidAnswer):
            read_answer(text[:length], Whole)


@given(
    st.lists(
        st.builds(
            TopToken,
            token=st.sampled_from([" Yes", "yes", "YES", "No", " no", "Maybe", "", "▁No"]),
            logprob=st.floats(max_value=0, allow_nan=False),
        )
    )
)
def test_shares_sum_to_one_or_are_unknown(tokens: list[TopToken]) -> None:
    shares = probability_share(tokens, ["Yes", "No"])
    if shares is not None:
        assert set(shares) == {"Yes", "No"}
        assert sum(shares.values()) == pytest.approx(1.0)
        assert min(shares.values()) >= 0


@given(st.lists(st.text(max_size=30), max_size=30))
def test_complaints_always_come_to_an_end(texts: list[str]) -> None:
    """Whatever an endpoint goes on complaining of, there is a last way to put a request."""
    words = "temperature max_tokens max_completion_tokens seed response_format top_logprobs"
    dialect, steps = EndpointCompat(), 0
    request = CompletionRequest(
        (), {"temperature": 1.0, "max_tokens": 9, "seed": 1}, Whole, logprobs=True
    )
    while True:
        sent = dialect.arguments("m", request)
        complaint = ErrorComplaint("", f"{words} {''.join(texts)}".lower())
        adapted = dialect.adapted(complaint, sent)
        if adapted is None:
            break
        dialect, steps = adapted, steps + 1
    assert steps <= 10
    assert dialect.form is Form.PLAIN
