"""The checks of the models: each endpoint answers as it has to, or the embedded one is there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from bot.agents.critic import LLMCritic, Method
from bot.app.embedded_model import ADAPTED, require_embedded
from bot.app.llm_factory import SERVING, AgentModels, open_fallback, open_llms
from bot.doctor.findings import Finding, note, ok, wrong
from bot.domain import Agent, Deadline
from bot.errors import FourRoomsError, LLMMisconfigured, MissingExtra, SettingError
from bot.llm.embedded.downloads import Hub
from bot.llm.embedded.hub_models import look_at_hub, path_of, read_pin
from bot.llm.embedded.model_files import CHAT, catalogue, is_checked, models_folder
from bot.llm.endpoint import Endpoint
from bot.llm.protocol import LLM, CallContext, CallRecord, ChatMessage, Prompt
from bot.prompting.templates import Prompts
from bot.setting_types import HubName
from bot.settings import Settings

SECONDS: Final = 45.0
"""What a model may take for one small answer: its server may have to load it first."""
_MEND: Final = "Change it in .env; .env.example says what each of them is."
_QUESTION: Final = Prompt(
    "doctor",
    "0" * 12,
    (
        ChatMessage("system", "You check a connection. Answer with a single JSON object."),
        ChatMessage("user", "How many legs does a spider have? Answer with the field legs."),
    ),
)


_WAYS: Final[Mapping[Method, str]] = {
    "probe": "a probe of the model's inner state",
    "yes/no": "yes/no probabilities",
    "written": "written numbers",
}


class _Answer(BaseModel):
    legs: int


async def examine_models(settings: Settings) -> list[Finding]:
    """Ask each model that serves an agent for a tiny typed answer, and see what else it gives."""
    try:
        endpoints = {agent: settings.endpoint(agent) for agent in SERVING}
    except SettingError as error:
        return [wrong("Model", error.detail, "See .env.example.", setting=True)]
    findings = []
    for endpoint, agents in _by_endpoint(endpoints).items():
        if endpoint is None:
            findings.extend(await _examine_embedded(settings, agents))
        else:
            findings.extend(await _examine(settings, endpoint.address, agents[:1], agents))
    return [*findings, *await _examine_fallbacks(settings)]


def _by_endpoint(
    endpoints: Mapping[Agent, Endpoint | None],
) -> dict[Endpoint | None, list[Agent]]:
    """Return the agents that each endpoint serves; the key of a group is the first agent's."""
    groups: dict[object, tuple[Endpoint | None, list[Agent]]] = {}
    for agent, endpoint in endpoints.items():
        same = endpoint and (endpoint.base_url, endpoint.key, endpoint.model)
        groups.setdefault(same, (endpoint, []))[1].append(agent)
    return dict(groups.values())


async def _examine_embedded(settings: Settings, agents: Sequence[Agent]) -> list[Finding]:
    try:
        require_embedded()
    except MissingExtra as error:
        instead = "Or set OPENAI_API_KEY or OPENAI_BASE_URL."
        return [wrong("Model", error.detail, instead, setting=True)]
    if isinstance(settings.embedded_model, HubName):
        return await _examine_hub_model(settings, settings.embedded_model, agents)
    model = catalogue()[CHAT]
    path = settings.embedded_model or models_folder() / model.file
    if settings.embedded_model is None and _size(path) != model.bytes:
        return [
            note(
                "Model",
                f"The embedded one, {model.title}, is not in {path.parent} yet.",
                f"The first start fetches it: {model.bytes // 1_000_000:,} MB. "
                "Or set OPENAI_API_KEY or OPENAI_BASE_URL.",
            )
        ]
    if not is_checked(path, model):  # by path, so that nothing is fetched or hashed here
        settings = settings.model_copy(update={"embedded_model": path})
    return await _examine(settings, str(path), agents, agents)


async def _examine_hub_model(
    settings: Settings, chosen: HubName, agents: Sequence[Agent]
) -> list[Finding]:
    hub = Hub(repository=chosen.repository, file=chosen.file)
    path = path_of(hub)
    unfitted = note(
        "Model",
        f"Nothing of this project was fitted for {chosen}: no probe, no calibration, no figures.",
        "docs/settings.md says what that means; `python -m bot evaluate --critic` measures it.",
    )
    try:
        if read_pin(path) is not None and path.exists():
            return [*await _examine(settings, str(path), agents, agents), unfitted]
        offer = await look_at_hub(hub, settings.hf_endpoint)
    except SettingError as error:
        return [wrong("Model", error.detail, _MEND, setting=True)]
    except FourRoomsError as error:
        return [wrong("Model", error.detail, "See whether HF_ENDPOINT can be reached.")]
    return [note("Model", f"{chosen} is not here yet.", f"The first start: {offer}"), unfitted]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def _examine(
    settings: Settings, where: str, opened: Sequence[Agent], agents: Sequence[Agent]
) -> list[Finding]:
    """Ask one of ``opened``, which stands for all ``agents``; and each that has an adapter."""
    check = "Model"
    try:
        async with open_llms(settings, _forget, agents=opened) as models:
            speaker = min(opened, key=lambda agent: agent in models.without_adapter)
            answered = ok(check, await _ask(models.llms[speaker], where, agents))
            return [answered, *await _examine_adapters(settings, models, agents)]
    except (SettingError, LLMMisconfigured) as error:
        return [wrong(check, error.detail, _MEND, setting=True)]
    except FourRoomsError as error:
        return [wrong(check, error.detail, f"See whether {where} is up, and can do JSON answers.")]


async def _examine_fallbacks(settings: Settings) -> list[Finding]:
    """Ask each different fallback as a first model is asked."""
    check, findings = "Fallback", []
    try:
        endpoints = {agent: settings.fallback(agent) for agent in SERVING}
    except SettingError as error:
        return [wrong(check, error.detail, "See .env.example.", setting=True)]
    for endpoint, agents in _by_endpoint(endpoints).items():
        if endpoint is None:
            continue
        where = endpoint.address
        try:
            async with open_fallback(settings, _forget, agents[0]) as llm:
                if llm is not None:
                    findings.append(
                        ok(check, await _ask(llm, where, agents, "the fallback of the"))
                    )
        except (SettingError, LLMMisconfigured) as error:
            findings.append(wrong(check, error.detail, _MEND, setting=True))
        except FourRoomsError as error:
            mend = f"See whether {where} is up, and can do JSON answers."
            findings.append(wrong(check, error.detail, mend))
    return findings


async def _examine_adapters(
    settings: Settings, models: AgentModels, agents: Sequence[Agent]
) -> list[Finding]:
    """Ask twice each agent that has an adapter: without it, and as it will speak."""
    findings = []
    for agent, without in models.without_adapter.items():
        name = agent.value.capitalize()
        plain, adapted = await _time(without), await _time(models.llms[agent])
        said = f"The {name} speaks with adapter {models.adapters[agent]}, made for this model. "
        figures = f"It answers in {adapted:.1f} s, and in {plain:.1f} s without it (scale 0)."
        findings.append(ok("Adapter", said + figures))
    for agent in agents:
        path, scale = settings.adapter(agent) if agent in ADAPTED else (None, None)
        if path is not None and scale == 0:
            said = f"{path.name} is at scale 0: the {agent.value.capitalize()} speaks without it."
            findings.append(note("Adapter", said))
    return findings


async def _time(llm: LLM) -> float:
    """Return the seconds of a tiny typed answer."""
    began = time.monotonic()
    await llm.ask(_QUESTION, _Answer, CallContext(Deadline.after(SECONDS)))
    return time.monotonic() - began


async def _ask(llm: LLM, where: str, agents: Sequence[Agent], role: str = "the") -> str:
    seconds = await _time(llm)
    names = ", ".join(agent.value.capitalize() for agent in agents)
    judges = f" The Critic scores by {way_of_scoring(llm)}." if Agent.CRITIC in agents else ""
    return f"{llm.model} at {where} answers in {seconds:.1f} s. It is {role} {names}.{judges}"


def way_of_scoring(llm: LLM) -> str:
    """Return how a Critic on this model scores unless a room sets another method."""
    return _WAYS[LLMCritic(llm, Prompts.load()).methods[0]]


async def _forget(_: CallRecord) -> None:
    """Keep a call off the record: it is only a look."""
