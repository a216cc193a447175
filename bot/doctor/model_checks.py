"""The checks of the models: each endpoint answers as it has to, or the embedded one is there."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from bot.app.llm_factory import SERVING, open_llms, require_embedded
from bot.doctor.findings import Finding, note, ok, wrong
from bot.domain import Agent, Deadline
from bot.errors import FourRoomsError, LLMMisconfigured, MissingExtra, SettingError
from bot.llm.embedded.model_files import CHAT, catalogue, models_folder
from bot.llm.endpoint import Endpoint
from bot.llm.protocol import LLM, CallContext, CallRecord, ChatMessage, Prompt
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
            findings.append(await _examine_embedded(settings, agents))
        else:
            findings.append(await _examine(settings, endpoint.address, agents))
    return findings


def _by_endpoint(
    endpoints: Mapping[Agent, Endpoint | None],
) -> dict[Endpoint | None, list[Agent]]:
    """Return the agents that each endpoint serves; the key of a group is the first agent's."""
    groups: dict[object, tuple[Endpoint | None, list[Agent]]] = {}
    for agent, endpoint in endpoints.items():
        same = endpoint and (endpoint.base_url, endpoint.key, endpoint.model)
        groups.setdefault(same, (endpoint, []))[1].append(agent)
    return dict(groups.values())


async def _examine_embedded(settings: Settings, agents: Sequence[Agent]) -> Finding:
    try:
        require_embedded()
    except MissingExtra as error:
        instead = "Or set OPENAI_API_KEY or OPENAI_BASE_URL."
        return wrong("Model", error.detail, instead, setting=True)
    model = catalogue()[CHAT]
    path = settings.embedded_model or models_folder() / model.file
    if settings.embedded_model is None and _size(path) != model.bytes:
        return note(
            "Model",
            f"The embedded one, {model.title}, is not in {path.parent} yet.",
            f"The first start fetches it: {model.bytes // 1_000_000:,} MB. "
            "Or set OPENAI_API_KEY or OPENAI_BASE_URL.",
        )
    # By path, so that nothing is fetched or hashed here.
    return await _examine(settings.model_copy(update={"embedded_model": path}), str(path), agents)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


async def _examine(settings: Settings, where: str, agents: Sequence[Agent]) -> Finding:
    check = "Model"
    try:
        async with open_llms(settings, _forget, agents=agents[:1]) as models:
            return ok(check, await _ask(models.llms[agents[0]], where, agents))
    except (SettingError, LLMMisconfigured) as error:
        return wrong(check, error.detail, _MEND, setting=True)
    except FourRoomsError as error:
        return wrong(check, error.detail, f"See whether {where} is up, and can do JSON answers.")


async def _ask(llm: LLM, where: str, agents: Sequence[Agent]) -> str:
    began = time.monotonic()
    await llm.ask(_QUESTION, _Answer, CallContext(Deadline.after(SECONDS)))
    seconds = time.monotonic() - began
    scored = "yes/no probabilities" if llm.gives_probabilities else "written numbers"
    names = ", ".join(agent.value.capitalize() for agent in agents)
    judges = f" The Critic scores by {scored}." if Agent.CRITIC in agents else ""
    return f"{llm.model} at {where} answers in {seconds:.1f} s. It is the {names}.{judges}"


async def _forget(_: CallRecord) -> None:
    """Keep a call off the record: it is only a look."""
