"""A scripted endpoint, and clients for it that hardly wait between tries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from bot.domain import Agent, Deadline
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.endpoint import Endpoint, Price, Sampling
from bot.llm.openai_api.breaker import BreakerLimits
from bot.llm.openai_api.client import Client
from bot.llm.openai_api.connection import EndpointConnection, Timeouts
from bot.llm.protocol import CallContext, CallRecord, ChatMessage, Prompt
from bot.prompting.templates import probability_check
from tests.stand_ins.openai_server import KEY, MODEL, OpenAIServer

PROMPT = Prompt(
    "greeting",
    "0123456789ab",
    (
        ChatMessage("system", "You greet people."),
        ChatMessage("user", "Hello, I am Ada Secretname."),
    ),
)


@dataclass
class Records:
    """What was recorded of the calls."""

    made: list[CallRecord] = field(default_factory=list)

    async def __call__(self, record: CallRecord) -> None:
        self.made.append(record)

    @property
    def outcomes(self) -> list[str]:
        return [record.outcome for record in self.made]


@dataclass
class Line:
    """A client, the stand-in at its other end, and what was recorded."""

    server: OpenAIServer
    connection: EndpointConnection
    records: Records
    endpoint: Endpoint

    def client(self, **changes: object) -> Client:
        endpoint = Endpoint(**{**_fields(self.endpoint), **changes})  # type: ignore[arg-type]
        return Client(
            endpoint, endpoint.model or MODEL, self.connection, self.records, probability_check()
        )


def _fields(endpoint: Endpoint) -> dict[str, object]:
    return {name: getattr(endpoint, name) for name in Endpoint.__dataclass_fields__}


def within(seconds: float = 20.0, *, turn: int | None = None) -> CallContext:
    """A call's time: enough on a busy machine, and less than a breaker's or server's long wait."""
    return CallContext(Deadline.after(seconds), turn_id=turn, room_id=turn)


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with OpenAIServer() as server:
        connection = EndpointConnection(
            server.base_url,
            KEY,
            timeout=10.0,
            queue=CallQueue(ConcurrencyLevel(2)),
            patience=Timeouts(attempts=3, first_wait=0.01, longest_wait=0.05),
            breaker=BreakerLimits(failures=100),  # it has tests of its own
        )
        # Whether there are probabilities is known, so that no probe comes between.
        connection.gives_probabilities[MODEL] = False
        endpoint = Endpoint(
            Agent.CHATBOT,
            server.base_url,
            SecretStr(KEY),
            MODEL,
            Sampling(),
            Price(input=1.0, output=10.0, cached=0.5),
        )
        yield Line(server, connection, Records(), endpoint)
        await connection.close()
