"""A model's thoughts are not its answer, in every form in which servers let them through.

`thoughts.jsonl` holds the rows: what a server sends, and the answer in it (null: there is none).
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bot.errors import LLMError, LLMRefused
from bot.llm.openai_api.structured import read_answer
from bot.llm.openai_api.thoughts import text_of, without_thoughts
from tests.llm.conftest import PROMPT, Line, within
from tests.stand_ins.openai_server import Answer, answer_json, say

ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("thoughts.jsonl").read_text("utf-8").splitlines()
]


class Reply(BaseModel):
    reply: str


def completion(content: object, finish: str = "stop") -> Answer:
    message = {"role": "assistant", "content": content, "refusal": None}
    return answer_json({"choices": [{"index": 0, "finish_reason": finish, "message": message}]})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row["content"])[:60])
def test_only_the_answer_is_left(row: dict[str, Any]) -> None:
    assert without_thoughts(text_of(row["content"])) == (row["answer"] or "")


@pytest.mark.parametrize("row", [row for row in ROWS if row.get("typed")])
def test_a_typed_answer_after_a_thought_is_read(row: dict[str, Any]) -> None:
    assert read_answer(text_of(row["content"]), Reply).model_dump() == row["typed"]


def test_there_are_rows_of_every_kind() -> None:
    assert len(ROWS) > 90
    assert sum(row["answer"] is None for row in ROWS) > 10
    assert sum(bool(row.get("typed")) for row in ROWS) > 8


@pytest.mark.parametrize("row", ROWS[::6], ids=lambda row: str(row["content"])[:60])
async def test_nothing_of_a_thought_comes_through_the_client(
    line: Line, row: dict[str, Any]
) -> None:
    line.server.will_answer(completion(row["content"]))
    if row["answer"] is None:
        line.server.will_answer(completion(row["content"]))  # asked once more
        with pytest.raises(LLMRefused):
            await line.client().say(PROMPT, within())
    else:
        assert await line.client().say(PROMPT, within()) == row["answer"]


@given(st.text(), st.text(alphabet="abc <>/`\n", max_size=20))
def test_a_thought_before_an_answer_never_shows(thought: str, answer: str) -> None:
    left = without_thoughts(f"<think>SECRET {thought.replace('<', '')}</think>\n{answer}")
    assert "SECRET" not in left


@pytest.mark.parametrize(
    "finish",
    ["error", "insufficient_system_resource", "network_error", "no_such_reason", "tool_calls"],
)
async def test_half_a_text_is_asked_again_and_never_returned(line: Line, finish: str) -> None:
    line.server.will_answer(completion("Good eve", finish), say("Good evening!"))
    assert await line.client().say(PROMPT, within()) == "Good evening!"


@pytest.mark.parametrize("finish", ["length", "max_tokens", "MAX_TOKENS"])
async def test_a_cut_text_is_asked_again_more_briefly(line: Line, finish: str) -> None:
    line.server.will_answer(completion("Good eve", finish), say("Hello!"))
    assert await line.client().say(PROMPT, within()) == "Hello!"
    assert "more briefly" in line.server.asked[1].text


@pytest.mark.parametrize("finish", ["sensitive", "content_filter", "SAFETY"])
async def test_a_filtered_text_is_refused(line: Line, finish: str) -> None:
    line.server.will_answer(completion("Good eve", finish))
    with pytest.raises(LLMRefused, match="right words") as caught:
        await line.client().say(PROMPT, within())
    assert "filter" in caught.value.detail


@pytest.mark.parametrize("finish", ["stop", "eos", "end_turn", "STOP", "COMPLETE", ""])
async def test_a_whole_text_is_an_answer(line: Line, finish: str) -> None:
    line.server.will_answer(completion("Good evening!", finish))
    assert await line.client().say(PROMPT, within()) == "Good evening!"


async def test_a_text_that_breaks_off_each_time_is_an_error(line: Line) -> None:
    line.server.always(completion("Good eve", "error"))
    with pytest.raises(LLMError) as caught:
        await line.client().say(PROMPT, within())
    assert "broke off" in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        '{"' + '\\"' * 30_000,  # a model that repeats itself to the end
        "{" + '"\\' * 30_000,
        "{" + '`a` "b" ' * 8_000 + "<think>" * 8_000,
    ],
)
def test_a_long_answer_that_went_wrong_holds_nobody_up(text: str) -> None:
    before = time.process_time()
    without_thoughts(text)
    assert time.process_time() - before < 2


def test_a_string_that_never_ends_hides_no_thought() -> None:
    assert without_thoughts('{smiles} She said "hm <think>what?</think> yes') == (
        '{smiles} She said "hm  yes'
    )
