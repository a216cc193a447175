"""llama.cpp itself, on the small model: typed answers, probabilities, time limits, and its end."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import BaseModel, Field, SecretStr

from bot.child_environment import child_environment
from bot.domain import Agent
from bot.errors import LLMMisconfigured, LLMOverBudget, LLMRefused, LLMUnavailable, SettingError
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.embedded.model_files import PLUMBING, catalogue, obtain
from bot.llm.embedded.server import EmbeddedServer
from bot.llm.endpoint import Endpoint, Sampling
from bot.llm.openai_api.client import Client
from bot.llm.openai_api.connection import EndpointConnection, Timeouts
from bot.llm.protocol import CallOutcome, ChatMessage, Prompt
from bot.prompting.templates import probability_check
from tests.llm.conftest import PROMPT, Records, within

# The machine may be busy, and the first call after a start is the slowest.
LONG = 120.0


class Weather(BaseModel):
    place: str = Field(max_length=20)
    warm: bool
    degrees: int = Field(ge=0, le=50)


@pytest.fixture(scope="session")
def small_model() -> Path:
    """The small model: fetched the same way as the one of the demo, where it is missing."""
    return asyncio.run(obtain(catalogue()[PLUMBING]))


@pytest.fixture
async def embedded(small_model: Path) -> AsyncIterator[EmbeddedServer]:
    async with EmbeddedServer(small_model, context=512) as server:
        yield server


OpenClient = Callable[..., Client]


@pytest.fixture
async def open_client() -> AsyncIterator[OpenClient]:
    async with AsyncExitStack() as stack:

        def make(server: EmbeddedServer, records: Records, key: str | None = None) -> Client:
            key = key or server.api_key
            connection = EndpointConnection(
                server.base_url,
                key,
                timeout=LONG,
                queue=CallQueue(ConcurrencyLevel(2)),
                patience=Timeouts(attempts=2, first_wait=0.01),
            )
            stack.push_async_callback(connection.close)
            sampling = Sampling(temperature=0.0, max_tokens=60)
            endpoint = Endpoint(
                Agent.CHATBOT, server.base_url, SecretStr(key), server.model, sampling, small=True
            )
            client = Client(endpoint, server.model, connection, records, probability_check())
            stack.push_async_callback(client.close)
            return client

        yield make


async def test_it_answers_in_every_way_that_agents_ask(
    embedded: EmbeddedServer, open_client: OpenClient
) -> None:
    records = Records()
    client = open_client(embedded, records)
    assert client.model == "SmolLM2-135M-Instruct.Q4_1"
    await client._first_tokens(PROMPT, within(LONG))
    assert client.gives_probabilities
    shares = await client.probabilities(PROMPT, ["Hello", "Hi", "I"], within(LONG))
    assert sum(shares.values()) == pytest.approx(1.0)
    # The model is too weak to fill in sense, but the grammar holds whatever it says to the schema.
    weather = await client.ask(PROMPT, Weather, within(LONG))
    assert len(weather.place) <= 20
    assert 0 <= weather.degrees <= 50
    assert await client.say(PROMPT, within(LONG), sampling={"max_tokens": 400})
    prompts = [replace(PROMPT, messages=(ChatMessage("user", text),)) for text in ("a fox", "tax")]
    vectors = await client.embed(prompts, within(LONG))
    assert {len(vector) for vector in vectors} == {576}
    assert records.outcomes.count(CallOutcome.OK) >= 5
    assert records.made[0].prompt_tokens > 10


async def test_it_refuses_other_keys_and_prompts_that_are_too_long(
    embedded: EmbeddedServer, open_client: OpenClient
) -> None:
    stranger = open_client(embedded, Records(), key="a-guess")
    with pytest.raises(LLMMisconfigured):
        await stranger.say(PROMPT, within(LONG))
    client = open_client(embedded, Records())
    prompt = Prompt("long", "0" * 12, (ChatMessage("user", "and so on " * 600),))
    with pytest.raises(LLMRefused) as caught:
        await client.say(prompt, within(LONG))
    assert "too long" in caught.value.detail


async def test_a_call_that_is_given_up_frees_its_slot(
    embedded: EmbeddedServer, open_client: OpenClient
) -> None:
    client = open_client(embedded, Records())
    with pytest.raises(LLMOverBudget):
        await client.say(PROMPT, within(0.01), sampling={"max_tokens": 400})
    assert await client.probabilities(PROMPT, ["Hello", "Hi", "I"], within(LONG))


async def test_its_end_leaves_no_process_and_no_port(small_model: Path) -> None:
    async with EmbeddedServer(small_model, context=512) as server:
        pid, address = server.pid, urlsplit(server.base_url)
        assert pid is not None
        assert address.hostname == "127.0.0.1"
        assert server.api_key not in _command_line(pid)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect((address.hostname, address.port or 0))


async def test_calls_to_one_that_died_are_unavailable(
    small_model: Path, open_client: OpenClient
) -> None:
    async with EmbeddedServer(small_model, context=512) as server:
        client = open_client(server, Records())
        assert server.pid is not None
        os.kill(server.pid, 9)
        assert server._watching is not None
        await asyncio.wait([server._watching])
        with pytest.raises(LLMUnavailable):
            await client.say(PROMPT, within(LONG))


async def test_it_ends_with_the_bot_even_if_that_is_killed(small_model: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from bot.llm.embedded.server import EmbeddedServer\n"
        "async def main():\n"
        "    async with EmbeddedServer(Path(sys.argv[1]), context=512) as server:\n"
        "        print(server.pid, flush=True)\n"
        "        await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(small_model), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await asyncio.wait_for(parent.stdout.readline(), LONG))
    parent.kill()
    await parent.wait()
    # The pipe to the parent is inherited by nobody, so that its end is seen at once.
    begun = time.monotonic()
    while _runs(child):
        assert time.monotonic() - begun < 20, "the child outlived its parent"
        await asyncio.sleep(0.05)


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text("utf-8")


def _runs(pid: int) -> bool:
    """Whether the process runs; one that nobody has waited for yet does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False


async def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(SettingError) as caught:
        async with EmbeddedServer(path):
            pass
    assert "EMBEDDED_MODEL" in caught.value.detail
    assert str(path) in caught.value.detail


async def test_a_start_that_takes_too_long_is_given_up(small_model: Path) -> None:
    server = EmbeddedServer(small_model, start_seconds=0.01)
    with pytest.raises(LLMUnavailable) as caught:
        await server.__aenter__()
    assert "not loaded within" in caught.value.detail
    assert server.pid is None


def test_a_child_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does one that draws: settings are read in any case of their names."""
    for name in ("DISCORD_TOKEN", "openai_api_key", "CRITIC_API_KEY", "DATABASE_URL"):
        monkeypatch.setenv(name, "hidden")
    assert "hidden" not in child_environment().values()
