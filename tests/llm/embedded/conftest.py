"""A model of two layers with random weights, and clients for a server of it."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.domain import Agent
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.embedded.adapters import BASE_KEY, DATA_KEY
from bot.llm.embedded.server import SLOTS, EmbeddedServer
from bot.llm.endpoint import Endpoint, Sampling
from bot.llm.openai_api.client import Client
from bot.llm.openai_api.completion_fields import NO_FIELDS, CompletionFields
from bot.llm.openai_api.connection import EndpointConnection
from bot.prompting.templates import probability_check
from tests.llm.conftest import Records
from tests.llm.embedded.gguf_files import write_adapter, write_model
from tests.patience import PATIENCE


@dataclass(frozen=True)
class TinyModel:
    """The files of the model and of two adapters for it."""

    path: Path
    sha256: str
    adapters: tuple[Path, Path]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyModel:
    folder = tmp_path_factory.mktemp("tiny")
    path = write_model(folder / "tiny.gguf")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    marks = {BASE_KEY: sha256, DATA_KEY: "0" * 64}
    one = write_adapter(folder / "one.gguf", seed=1, metadata=marks)
    return TinyModel(
        path, sha256, (one, write_adapter(folder / "two.gguf", seed=2, metadata=marks))
    )


ClientOf = Callable[..., Client]


@pytest.fixture
async def client_of() -> AsyncIterator[ClientOf]:
    """Makes clients that say what comes without chance."""
    async with AsyncExitStack() as stack:

        def make(
            server: EmbeddedServer, agent: Agent, fields: CompletionFields = NO_FIELDS
        ) -> Client:
            connection = EndpointConnection(
                server.base_url,
                server.api_key,
                timeout=PATIENCE,
                queue=CallQueue(ConcurrencyLevel(SLOTS, is_fixed=True)),
            )
            connection.gives_probabilities[server.model] = True
            stack.push_async_callback(connection.close)
            sampling = Sampling(temperature=0.0, max_tokens=12)
            key = SecretStr(server.api_key)
            endpoint = Endpoint(agent, server.base_url, key, server.model, sampling, small=True)
            return Client(
                endpoint, server.model, connection, Records(), probability_check(), fields=fields
            )

        yield make
