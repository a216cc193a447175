"""An endpoint cannot flood the bot, and cannot send its prompts elsewhere."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from base64 import b64decode
from dataclasses import replace

import httpx2
import pytest
from pydantic import SecretStr

from bot.domain import Agent
from bot.errors import LLMMisconfigured, LLMRefused, LLMUnavailable
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.endpoint import Endpoint
from bot.llm.openai_api.breaker import BreakerLimits
from bot.llm.openai_api.client import Client
from bot.llm.openai_api.connection import EndpointConnection, Timeouts
from bot.llm.openai_api.transport import MAX_BODY, BoundedTransport
from bot.llm.protocol import ChatMessage
from bot.prompting.templates import probability_check
from tests.llm.conftest import PROMPT, Line, Records, within
from tests.stand_ins.openai_server import KEY, MODEL, Answer, OpenAIServer, say


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


async def test_an_answer_with_large_and_many_headers_is_read(line: Line) -> None:
    headers = {"Policy": "word " * 10_000, **{f"Policy-{number}": "word" for number in range(200)}}
    line.server.will_answer(Answer(body=say("Hello!").body, headers=headers))
    assert await line.client().say(PROMPT, within()) == "Hello!"


async def test_a_text_of_many_pages_is_asked_for_again(line: Line) -> None:
    line.server.will_answer(say("word " * 40_000), say("Hello!"))
    assert await line.client().say(PROMPT, within()) == "Hello!"
    assert "too long" in line.server.asked[1].text
    assert len(line.server.asked[1].text) < 4_000  # the flood is not sent back


async def test_a_prompt_of_many_megabytes_is_sent(line: Line) -> None:
    line.server.will_answer(say("Hello!"))
    prompt = replace(PROMPT, messages=(ChatMessage("user", "word " * 400_000),))
    assert await line.client().say(prompt, within()) == "Hello!"
    assert len(line.server.asked[0].text) >= 2_000_000


async def test_what_is_no_http_is_no_answer() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(babble, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(LLMUnavailable) as caught:
            await ask_at(f"http://127.0.0.1:{port}/v1")
    assert "No answer" in caught.value.detail


async def test_a_connection_that_the_server_has_closed_is_not_used_again() -> None:
    asked: list[bytes] = []

    async def answer_and_leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"!"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    async with await asyncio.start_server(answer_and_leave, "127.0.0.1") as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with httpx2.AsyncClient(transport=BoundedTransport(url)) as client:
            for _ in range(3):  # at once, before the loop has seen the end of the last one
                assert (await client.post(url, content=b"Hi!")).json() == {}
    assert len(asked) == 3


@pytest.mark.parametrize("who", ["ada:secret", ":secret"])
async def test_the_name_and_password_of_an_address_are_sent(who: str) -> None:
    async with OpenAIServer(key="") as server:
        server.always(say("Hello!"))
        assert await ask_at(server.base_url.replace("//", f"//{who}@")) == "Hello!"
        sent = server.requests[-1].headers["Authorization"]
    assert b64decode(sent.removeprefix("Basic ")).decode() == who


@pytest.mark.parametrize("scheme", ["http://", ""])
@pytest.mark.parametrize(
    ("host", "not_for", "by_proxy"),
    [
        ("llm.example", "other.example,llm.example:8", True),
        ("127.0.0.1", "", False),
        ("llm.example", "example", False),
        ("llm.example", "llm.example:9", False),
    ],
)
async def test_a_proxy_of_the_environment_is_for_other_machines(
    monkeypatch: pytest.MonkeyPatch, host: str, not_for: str, by_proxy: bool, scheme: str
) -> None:
    asked: list[bytes] = []

    async def stand_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.close()

    async with await asyncio.start_server(stand_in, "127.0.0.1") as proxy:
        port = proxy.sockets[0].getsockname()[1]
        monkeypatch.setenv("http_proxy", f"{scheme}127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", not_for)
        with pytest.raises(LLMUnavailable):
            await ask_at(f"http://{host}:9/v1")
    assert any(line.startswith(b"POST http://llm.example:9/v1/") for line in asked) is by_proxy


async def ask_at(base_url: str) -> str:
    """Return what the endpoint there answers, asked once."""
    connection = EndpointConnection(
        base_url,
        KEY,
        timeout=10.0,
        queue=CallQueue(ConcurrencyLevel(2)),
        patience=Timeouts(attempts=1),
        breaker=BreakerLimits(failures=100),
    )
    endpoint = Endpoint(Agent.CHATBOT, base_url, SecretStr(KEY), MODEL)
    client = Client(endpoint, MODEL, connection, Records(), probability_check())
    try:
        return await client.say(PROMPT, within())
    finally:
        await client.close()
        await connection.close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(line: Line, status: int) -> None:
    async with OpenAIServer() as elsewhere:
        moved = Answer(status, headers={"Location": f"{elsewhere.base_url}/chat/completions"})
        line.server.will_answer(moved)
        with pytest.raises(LLMMisconfigured) as caught:
            await line.client().say(PROMPT, within())
        assert "OPENAI_BASE_URL" in caught.value.detail
        assert elsewhere.requests == []
