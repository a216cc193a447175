"""The embedded model as it is set: which file, which adapters, and how its agents are asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from bot.domain import Agent
from bot.errors import SettingError, require_extra
from bot.llm.endpoint import Endpoint, Price, Sampling, Variables
from bot.prompting.templates import FOLDER
from bot.setting_types import HubName
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.llm.embedded.adapter_routing import AdapterScales
    from bot.llm.embedded.adapters import Adapter
    from bot.llm.embedded.model_files import ModelFile, ShippedAdapter
    from bot.llm.embedded.server import EmbeddedServer

ADAPTED: Final = (Agent.CHATBOT, Agent.THERAPIST)
"""The agents that can have an adapter."""
ADAPTERS_FOLDER: Final = FOLDER / "tuning"
"""The place of adapters that come with the project."""
_SMALL_TOKENS: Final = 512
"""A small model that does not find an end is stopped here."""
_SMALL_TEMPERATURE: Final = 0.4
"""Unless one is set: at llama.cpp's own 0.8 a small model loses track of who said what."""
_LARGE_TOKENS: Final = 1024
"""A few words a second on a machine without a GPU: longer answers do not come in time."""
_LARGE_CONTEXT: Final = 8192
"""Tokens, for each slot: large models are asked in longer prompts than small ones."""


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model's file. ``entry``: how it comes with the project, None for one that is set."""

    path: Path
    sha256: str | None
    """None where it would have to be computed first."""
    small: bool
    entry: ModelFile | None = None


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """The server that runs, and what each agent's completions carry."""

    server: EmbeddedServer
    small: bool
    routes: Mapping[Agent, AdapterScales]

    def endpoint(self, settings: Settings, agent: Agent) -> Endpoint:
        """Return the endpoint of one agent at this server."""
        chosen = settings.sampling(agent)
        temperature = _SMALL_TEMPERATURE if self.small else None
        return Endpoint(
            agent=agent,
            base_url=self.server.base_url,
            api_key=SecretStr(self.server.api_key),
            model=self.server.model,
            sampling=Sampling(
                temperature if chosen.temperature is None else chosen.temperature,
                chosen.top_p,
                chosen.max_tokens or (_SMALL_TOKENS if self.small else _LARGE_TOKENS),
            ),
            price=Price(input=0.0, output=0.0),
            small=self.small,
            embedded=True,
            variables=Variables(*["EMBEDDED_MODEL"] * 3),
        )

    def adapters(self) -> dict[Agent, str]:
        """Return the name of the adapter under which an agent speaks, where it has one."""
        named = {agent: route.adapter for agent, route in self.routes.items()}
        return {agent: name for agent, name in named.items() if name is not None}


def require_embedded() -> None:
    """Raise MissingExtra where llama.cpp, which runs the embedded model, is not installed."""
    require_extra("The embedded model", "embedded", "xllamacpp")


async def start_embedded(
    settings: Settings, agents: Iterable[Agent], stack: AsyncExitStack
) -> EmbeddedModel:
    """Fetch the model if it is missing, and start its server for ``agents``.

    Raises SettingError where a file is wrong, LLMUnavailable where the model cannot be had.
    """
    require_embedded()
    from bot.llm.embedded import server as servers  # noqa: PLC0415 - not loaded without need
    from bot.llm.embedded.adapter_routing import count_slots, route_agents  # noqa: PLC0415

    agents = list(agents)
    choice = await obtain_model(settings)
    adapters = await asyncio.to_thread(choose_adapters, settings, agents, choice)
    server = servers.EmbeddedServer(
        choice.path,
        slots=count_slots(servers.SLOTS, len(adapters)),
        context=servers.CONTEXT if choice.small else _LARGE_CONTEXT,
        adapters=[adapter.path for adapter in adapters.values()],
    )
    await stack.enter_async_context(server)
    return EmbeddedModel(server, choice.small, route_agents(agents, adapters, servers.SLOTS))


def announce_loading(settings: Settings, agents: Iterable[Agent]) -> None:
    """Say on standard error that the embedded model is loaded, where it serves an agent.

    For commands that a person sits in front of: nothing else is said until it is there.
    """
    from bot.llm.embedded.progress import announce  # noqa: PLC0415

    if any(settings.endpoint(agent) is None for agent in agents):
        announce("Loading the model on this machine: up to a minute \u2026")


async def obtain_model(settings: Settings) -> ModelChoice:
    """Return the model that is set, or the one of the catalogue; fetched if it is missing."""
    from bot.llm.embedded import model_files  # noqa: PLC0415
    from bot.llm.embedded.downloads import Hub  # noqa: PLC0415
    from bot.llm.embedded.hub_models import obtain_from_hub  # noqa: PLC0415
    from bot.llm.embedded.progress import announce, progress_bar  # noqa: PLC0415

    chosen, hub_url = settings.embedded_model, settings.hf_endpoint
    if isinstance(chosen, HubName):
        hub = Hub(repository=chosen.repository, file=chosen.file)
        with progress_bar(str(chosen)) as show:
            path, sha256 = await obtain_from_hub(hub, hub_url, show=show, say=announce)
        return ModelChoice(path, sha256, small=False)
    if chosen is not None:
        return ModelChoice(chosen, None, small=True)
    model = model_files.catalogue()[model_files.CHAT]
    with progress_bar(model.title) as show:
        path = await model_files.obtain(model, sources=model.sources(hub_url), show=show)
    return ModelChoice(path, model.sha256, small=True, entry=model)


def choose_adapters(
    settings: Settings, agents: Iterable[Agent], choice: ModelChoice
) -> dict[Agent, Adapter]:
    """Return the adapters to load: those that are set, or that come with the model.

    One at scale 0 is not loaded. Raises SettingError where a file is no adapter for that model.
    """
    from bot.llm.embedded.adapters import hash_file, require_base  # noqa: PLC0415

    wanted = (_adapter(settings, agent, choice.entry) for agent in agents if agent in ADAPTED)
    adapters = {agent: adapter for agent, adapter in wanted if adapter is not None}
    if adapters:
        sha256 = choice.sha256 or hash_file(choice.path)
        for adapter in adapters.values():
            require_base(adapter, choice.path, sha256)
    return adapters


def require_embedded_adapters(settings: Settings, agent: Agent) -> None:
    """Raise SettingError where an agent with an endpoint has an adapter, which only sits here."""
    path, _ = settings.adapter(agent)
    if path is not None:
        name = f"{agent.value.upper()}_ADAPTER"
        raise SettingError(
            f"{name} is set, but the {agent.value.capitalize()} is served by an endpoint. "
            f"Adapters are for the embedded model: unset {name}, or the endpoint."
        )


def _adapter(
    settings: Settings, agent: Agent, entry: ModelFile | None
) -> tuple[Agent, Adapter | None]:
    from bot.llm.embedded.adapters import read_adapter  # noqa: PLC0415

    path, scale = settings.adapter(agent)
    shipped = _shipped(agent, entry) if path is None else None
    if shipped is not None:
        path, scale = ADAPTERS_FOLDER / shipped.file, shipped.scale if scale is None else scale
    scale = 1.0 if scale is None else scale
    if path is None or scale == 0:
        return agent, None
    adapter = read_adapter(f"{agent.value.upper()}_ADAPTER", path, scale)
    if shipped is not None and adapter.sha256 != shipped.sha256:
        raise SettingError(f"{path} is not the adapter that models.toml names: its hash differs.")
    return agent, adapter


def _shipped(agent: Agent, entry: ModelFile | None) -> ShippedAdapter | None:
    if entry is None:
        return None
    return entry.chatbot_adapter if agent is Agent.CHATBOT else entry.therapist_adapter
