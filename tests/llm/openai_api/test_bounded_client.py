"""An endpoint cannot flood the bot, and cannot send its prompts elsewhere."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest

from bot.errors import LLMMisconfigured, LLMRefused
from bot.llm.openai_api.bounded_client import MAX_BODY
from tests.llm.conftest import PROMPT, Line, within
from tests.stand_ins.openai_server import Answer, OpenAIServer, say


async def test_a_huge_answer_is_not_read_to_its_end(line: Line) -> None:
    line.server.will_answer(Answer(body=b"[" + b" " * (20 * 1024 * 1024)))
    with pytest.raises(LLMRefused) as caught:
        await line.client().say(PROMPT, within())
    assert "far more" in caught.value.detail


async def test_a_packed_answer_counts_as_it_is_unpacked(line: Line) -> None:
    bomb = gzip.compress(b" " * (64 * 1024 * 1024))
    assert len(bomb) < MAX_BODY / 50
    line.server.will_answer(Answer(body=bomb, headers={"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(LLMRefused):
            await line.client().say(PROMPT, within())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * MAX_BODY


async def test_a_packed_answer_is_read(line: Line) -> None:
    packed = gzip.compress(say("Hello!").body)
    line.server.will_answer(Answer(body=packed, headers={"Content-Encoding": "gzip"}))
    assert await line.client().say(PROMPT, within()) == "Hello!"


async def test_a_text_of_many_pages_is_asked_for_again(line: Line) -> None:
    line.server.will_answer(say("word " * 40_000), say("Hello!"))
    assert await line.client().say(PROMPT, within()) == "Hello!"
    assert "too long" in line.server.asked[1].text
    assert len(line.server.asked[1].text) < 4_000  # the flood is not sent back


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(line: Line, status: int) -> None:
    async with OpenAIServer() as elsewhere:
        moved = Answer(status, headers={"Location": f"{elsewhere.base_url}/chat/completions"})
        line.server.will_answer(moved)
        with pytest.raises(LLMMisconfigured) as caught:
            await line.client().say(PROMPT, within())
        assert "OPENAI_BASE_URL" in caught.value.detail
        assert elsewhere.requests == []
