"""The agents' models, opened together: endpoints where they are set, the embedded one otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.app.connection_pool import ConnectionPool
from bot.app.embedded_model import require_embedded_adapters, start_embedded
from bot.domain import Agent
from bot.llm.call_budget import UNLIMITED, CallBudget
from bot.llm.endpoint import Endpoint
from bot.llm.health import ReadHealth, no_endpoints
from bot.llm.protocol import LLM, BeginCall, RecordCall, begin_unnoted
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.llm.openai_api.fallback import FallbackLLM

SERVING: Final = (Agent.CHATBOT, Agent.THERAPIST, Agent.CRITIC)
"""The agents of a turn in Discord; a simulation asks for the User too."""


@dataclass(frozen=True, slots=True)
class AgentModels:
    """The model of each agent, and one line that says what serves whom."""

    llms: Mapping[Agent, LLM]
    description: str
    adapters: Mapping[Agent, str] = field(default_factory=dict)
    """The name of the adapter under which an agent speaks, where it has one."""
    without_adapter: Mapping[Agent, LLM] = field(default_factory=dict)
    """The same models as such an agent's, with its adapter at scale 0."""
    health: ReadHealth = no_endpoints
    """How the endpoints are."""


@asynccontextmanager
async def open_llms(
    settings: Settings,
    record: RecordCall,
    *,
    agents: Iterable[Agent] = SERVING,
    budget: CallBudget = UNLIMITED,
    with_fallbacks: bool = False,
    begin: BeginCall = begin_unnoted,
) -> AsyncIterator[AgentModels]:
    """Open a model for each of ``agents``; fetch and start the embedded one if it is needed.

    ``with_fallbacks``: whether those that are set take over where a first is away; what measures
    a model wants that one alone. ``begin`` notes each call before it goes out. An endpoint that is
    down is no error here. Raises SettingError where a key, a model or an address is wrong,
    LLMUnavailable where the embedded model cannot be had.
    """
    endpoints = {agent: settings.endpoint(agent) for agent in agents}
    fallbacks = {agent: settings.fallback(agent) for agent in endpoints if with_fallbacks}
    async with AsyncExitStack() as stack:
        line = ConnectionPool(settings, record, budget, stack, begin)
        for agent, endpoint in endpoints.items():
            if endpoint is not None:
                require_embedded_adapters(settings, agent)
                await line.connect(agent, endpoint, fallback=fallbacks.get(agent))
        await line.check()
        served = [agent for agent, endpoint in endpoints.items() if endpoint is None]
        if not served:
            yield AgentModels(line.llms(), _description(line, endpoints, {}), health=line.health)
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
        description = _description(line, endpoints, adapters)
        yield AgentModels(line.llms(), description, adapters, without, line.health)


@asynccontextmanager
async def open_fallback(
    settings: Settings, record: RecordCall, agent: Agent
) -> AsyncIterator[LLM | None]:
    """Open the fallback of an agent alone, to look at it; None where there is none.

    Raises SettingError where a key, a model or an address is wrong.
    """
    endpoint = settings.fallback(agent)
    async with AsyncExitStack() as stack:
        if endpoint is None:
            yield None
            return
        line = ConnectionPool(settings, record, UNLIMITED, stack)
        client = await line.connect(agent, endpoint)
        await line.check()
        yield client


def _description(
    line: ConnectionPool,
    endpoints: Mapping[Agent, Endpoint | None],
    adapters: Mapping[Agent, str],
) -> str:
    by_server: dict[str, list[str]] = {}
    for agent, client in line.clients.items():
        endpoint = endpoints[agent]
        place = f"at {endpoint.address}" if endpoint else "embedded, on this machine"
        if agent in adapters:
            place += f", with adapter {adapters[agent]}"
        by_server.setdefault(f"{client.model} ({place})", []).append(agent.value.capitalize())
    if len(by_server) == 1:
        said = f"{next(iter(by_server))} serves every agent."
    else:
        named = (f"{server}: {', '.join(names)}" for server, names in by_server.items())
        said = f"{'; '.join(named)}."
    return said + _said_of_fallbacks(line.fallbacks)


def _said_of_fallbacks(fallbacks: Mapping[Agent, FallbackLLM]) -> str:
    """Return what is asked where a first model is away, to be put behind the description."""
    return "".join(
        f" Fallback of the {agent.value.capitalize()}: "
        f"{llm.second.model} (at {llm.second.breaker.address})."
        for agent, llm in fallbacks.items()
    )
