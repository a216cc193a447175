"""The connections to the agents' endpoints: agents with the same address and key share one."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bot.domain import Agent
from bot.errors import LLMError, LLMMisconfigured, SettingError
from bot.llm.call_budget import CallBudget
from bot.llm.call_queue import CallQueue
from bot.llm.concurrency_level import ConcurrencyLevel
from bot.llm.endpoint import Endpoint
from bot.llm.health import EndpointHealth
from bot.llm.protocol import LLM, BeginCall, RecordCall, begin_unnoted
from bot.prompting.templates import probability_check
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.llm.openai_api.client import Client
    from bot.llm.openai_api.completion_fields import CompletionFields
    from bot.llm.openai_api.connection import EndpointConnection
    from bot.llm.openai_api.fallback import FallbackLLM

_EMBEDDED_SECONDS: Final = 180.0
"""A call to the embedded model may take so long unless LLM_TIMEOUT is set: old laptops count."""
_LISTED: Final = 20


class ConnectionPool:
    """The maker of clients: those with the same address and key share a connection."""

    def __init__(
        self,
        settings: Settings,
        record: RecordCall,
        budget: CallBudget,
        stack: AsyncExitStack,
        begin: BeginCall = begin_unnoted,
    ) -> None:
        self.clients: dict[Agent, Client] = {}
        self.fallbacks: dict[Agent, FallbackLLM] = {}
        self._checked: list[Client] = []
        self._settings = settings
        self._record = record
        self._begin = begin
        self._budget = budget
        self._stack = stack
        self._connections: dict[tuple[str, str, bool], EndpointConnection] = {}
        self._probability_check = probability_check()

    async def connect(
        self,
        agent: Agent,
        endpoint: Endpoint,
        fields: CompletionFields | None = None,
        *,
        fallback: Endpoint | None = None,
    ) -> Client:
        """Make the agent's client; ``fields``: what its completions carry besides.

        ``fallback`` is put behind it.
        """
        client = await self._client(endpoint, fields, has_fallback=fallback is not None)
        self.clients[agent] = client
        if fallback is not None:
            from bot.llm.openai_api.fallback import FallbackLLM  # noqa: PLC0415 - as the client

            pair = FallbackLLM(client, await self._client(fallback))
            self._stack.push_async_callback(pair.close)
            self.fallbacks[agent] = pair
        return client

    def llms(self) -> dict[Agent, LLM]:
        """Return the model of each agent, with its fallback where it has one."""
        return {**self.clients, **self.fallbacks}

    def health(self) -> tuple[EndpointHealth, ...]:
        """Return how each endpoint is, with the agents that it serves."""
        seconds = {agent: pair.second for agent, pair in self.fallbacks.items()}
        found: list[EndpointHealth] = []
        for clients, is_fallback in ((self.clients, False), (seconds, True)):
            served: dict[int, list[Agent]] = {}
            for agent, client in clients.items():
                served.setdefault(client.place, []).append(agent)
            for agents in served.values():
                is_replaced = not is_fallback and all(agent in seconds for agent in agents)
                health = clients[agents[0]].breaker.health(*agents)
                found.append(replace(health, is_replaced=is_replaced, is_fallback=is_fallback))
        return tuple(found)

    async def _client(
        self,
        endpoint: Endpoint,
        fields: CompletionFields | None = None,
        *,
        has_fallback: bool = False,
    ) -> Client:
        from bot.llm.openai_api.client import Client  # noqa: PLC0415 - half a second, with `openai`
        from bot.llm.openai_api.completion_fields import NO_FIELDS  # noqa: PLC0415

        # A fallback has a breaker of its own, also as another model at the same address.
        place = (endpoint.base_url, endpoint.key, endpoint.is_fallback)
        if place not in self._connections:
            self._connections[place] = self._connection(endpoint)
            self._connections[place].begin_call = self._begin
            self._stack.push_async_callback(self._connections[place].close)
        connection = self._connections[place]
        client = Client(
            endpoint,
            endpoint.model or await _only_model(endpoint, connection),
            connection,
            self._record,
            self._probability_check,
            self._budget,
            fields or NO_FIELDS,
            has_fallback=has_fallback,
        )
        self._stack.push_async_callback(client.close)
        return client

    def _connection(self, endpoint: Endpoint) -> EndpointConnection:
        from bot.llm.embedded.server import SLOTS  # noqa: PLC0415
        from bot.llm.openai_api.connection import EndpointConnection  # noqa: PLC0415

        timeout, most = self._settings.llm_timeout, self._settings.llm_max_concurrency
        if endpoint.embedded:
            # Calls wait here, where only the turn's deadline counts, and not in llama.cpp's queue.
            most = min(most, SLOTS)
            chosen = "llm_timeout" in self._settings.model_fields_set
            timeout = timeout if chosen else _EMBEDDED_SECONDS
        queue = CallQueue(ConcurrencyLevel(most, is_fixed=endpoint.embedded))
        made = EndpointConnection(endpoint.base_url, endpoint.key, timeout=timeout, queue=queue)
        if endpoint.embedded and endpoint.model:
            made.gives_probabilities[endpoint.model] = True  # llama.cpp does: no need to ask it
        return made

    async def check(self) -> None:
        """Ask each new model a small question: is the key right, does it give probabilities?"""
        seconds = (pair.second for pair in self.fallbacks.values())
        clients = (*self.clients.values(), *seconds)
        unchecked = [client for client in clients if client not in self._checked]
        self._checked += unchecked
        different = {(client.place, client.model): client for client in unchecked}
        results = await asyncio.gather(
            *(client.probe() for client in different.values()), return_exceptions=True
        )
        for result in results:
            if isinstance(result, LLMMisconfigured):
                raise SettingError(result.detail) from None
            if isinstance(result, BaseException):
                raise result


async def _only_model(endpoint: Endpoint, connection: EndpointConnection) -> str:
    """Return the model of an endpoint that has just one; SettingError lists them otherwise."""
    name = endpoint.variables.model
    try:
        models = await connection.models(endpoint)
    except LLMError as error:
        why = f"{endpoint.address} could not be asked for its models: {error.detail}"
        raise SettingError(f"{name} is not set, and {why} Set {name}.") from None
    if len(models) == 1:
        return models[0]
    if not models:
        raise SettingError(f"{name} is not set, and {endpoint.address} names no model. Set {name}.")
    listed = ", ".join(repr(model[:80]) for model in sorted(models)[:_LISTED])
    more = f" and {len(models) - _LISTED} more" if len(models) > _LISTED else ""
    raise SettingError(f"{name} is not set. {endpoint.address} has {listed}{more}: choose one.")
