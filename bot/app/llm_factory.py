"""The agents' models, opened together: endpoints where they are set, the embedded one otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.app.embedded_model import require_embedded_adapters, start_embedded
from bot.domain import Agent
from bot.errors import LLMError, LLMMisconfigured, SettingError
from bot.llm.call_budget import UNLIMITED, CallBudget
from bot.llm.endpoint import Endpoint
from bot.llm.protocol import LLM, RecordCall
from bot.prompting.templates import probability_check
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.llm.openai_api.client import Client
    from bot.llm.openai_api.completion_fields import CompletionFields
    from bot.llm.openai_api.connection import EndpointConnection

SERVING: Final = (Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC)
"""The agents of a turn in Discord; a simulation asks for the User too."""
_EMBEDDED_SECONDS: Final = 180.0
"""A call to the embedded model may take so long unless LLM_TIMEOUT is set: old laptops count."""
_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class AgentModels:
    """The model of each agent, and one line that says what serves whom."""

    llms: Mapping[Agent, LLM]
    description: str
    adapters: Mapping[Agent, str] = field(default_factory=dict)
    """The name of the adapter under which an agent speaks, where it has one."""
    without_adapter: Mapping[Agent, LLM] = field(default_factory=dict)
    """The same models as such an agent's, with its adapter at scale 0."""


@asynccontextmanager
async def open_llms(
    settings: Settings,
    record: RecordCall,
    *,
    agents: Iterable[Agent] = SERVING,
    budget: CallBudget = UNLIMITED,
) -> AsyncIterator[AgentModels]:
    """Open a model for each of ``agents``; fetch and start the embedded one if it is needed.

    An endpoint that is down is no error here. Raises SettingError where a key, a model or an
    address is wrong, LLMUnavailable where the embedded model cannot be had.
    """
    endpoints = {agent: settings.endpoint(agent) for agent in agents}
    async with AsyncExitStack() as stack:
        line = _ConnectionPool(settings, record, budget, stack)
        for agent, endpoint in endpoints.items():
            if endpoint is not None:
                require_embedded_adapters(settings, agent)
                await line.connect(agent, endpoint)
        await line.check()
        served = [agent for agent, endpoint in endpoints.items() if endpoint is None]
        if not served:
            yield AgentModels(dict(line.clients), _description(line.clients, endpoints, {}))
            return
        embedded = await start_embedded(settings, served, stack)
        without = {}
        for agent in served:
            endpoint, route = embedded.endpoint(settings, agent), embedded.routes.get(agent)
            if route is not None and route.adapter is not None:
                without[agent] = await line.connect(agent, endpoint, route.silenced())
            await line.connect(agent, endpoint, route)
        await line.check()
        adapters = embedded.adapters()
        description = _description(line.clients, endpoints, adapters)
        yield AgentModels(dict(line.clients), description, adapters, without)


class _ConnectionPool:
    """The maker of clients: those with the same address and key share a connection."""

    def __init__(
        self, settings: Settings, record: RecordCall, budget: CallBudget, stack: AsyncExitStack
    ) -> None:
        self.clients: dict[Agent, Client] = {}
        self._checked: list[Client] = []
        self._settings = settings
        self._record = record
        self._budget = budget
        self._stack = stack
        self._gate = asyncio.Semaphore(settings.llm_max_concurrency)
        self._connections: dict[tuple[str, str], EndpointConnection] = {}
        self._probability_check = probability_check()

    async def connect(
        self, agent: Agent, endpoint: Endpoint, fields: CompletionFields | None = None
    ) -> Client:
        """Make the agent's client; ``fields``: what its completions carry besides."""
        from bot.llm.openai_api.client import Client  # noqa: PLC0415 - half a second, with `openai`
        from bot.llm.openai_api.completion_fields import NO_FIELDS  # noqa: PLC0415

        place = (endpoint.base_url, endpoint.key)
        if place not in self._connections:
            self._connections[place] = self._connection(endpoint)
            self._stack.push_async_callback(self._connections[place].close)
        connection = self._connections[place]
        model = endpoint.model or await _only_model(endpoint, connection)
        client = Client(
            endpoint,
            model,
            connection,
            self._record,
            self._probability_check,
            self._budget,
            fields or NO_FIELDS,
        )
        self._stack.push_async_callback(client.close)
        self.clients[agent] = client
        return client

    def _connection(self, endpoint: Endpoint) -> EndpointConnection:
        from bot.llm.embedded.server import SLOTS  # noqa: PLC0415
        from bot.llm.openai_api.connection import EndpointConnection  # noqa: PLC0415

        timeout, gates = self._settings.llm_timeout, [self._gate]
        if endpoint.embedded:
            # Calls wait here, where only the turn's deadline counts, and not in llama.cpp's queue.
            gates.insert(0, asyncio.Semaphore(SLOTS))
            chosen = "llm_timeout" in self._settings.model_fields_set
            timeout = timeout if chosen else _EMBEDDED_SECONDS
        made = EndpointConnection(endpoint.base_url, endpoint.key, timeout=timeout, gates=gates)
        if endpoint.embedded and endpoint.model:
            made.gives_probabilities[endpoint.model] = True  # llama.cpp does: no need to ask it
        return made

    async def check(self) -> None:
        """Ask each new model a small question: is the key right, does it give probabilities?"""
        unchecked = [client for client in self.clients.values() if client not in self._checked]
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


def _description(
    clients: Mapping[Agent, Client],
    endpoints: Mapping[Agent, Endpoint | None],
    adapters: Mapping[Agent, str],
) -> str:
    by_server: dict[str, list[str]] = {}
    for agent, client in clients.items():
        endpoint = endpoints[agent]
        place = f"at {endpoint.address}" if endpoint else "embedded, on this machine"
        if agent in adapters:
            place += f", with adapter {adapters[agent]}"
        by_server.setdefault(f"{client.model} ({place})", []).append(agent.value.capitalize())
    if len(by_server) == 1:
        return f"{next(iter(by_server))} serves every agent."
    return "; ".join(f"{server}: {', '.join(names)}" for server, names in by_server.items()) + "."
