"""A model of rules for whole simulations: it also plays the User, observes and embeds."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from bot.app.app import make_agents
from bot.domain import Agent
from bot.llm.protocol import CallContext, Prompt, RecordCall
from bot.prompting.templates import FOLDER, Prompts
from bot.prompting.user_personas import UserPersona, UserPersonaKind
from bot.simulation.in_memory import Deliver, InMemoryServer
from bot.storage.database.database import Database
from bot.storage.migrations import migrate
from bot.storage.stores.stores import Stores
from tests.evaluation.model import RuleModel

PROMPTS = Prompts.load(FOLDER)


def person(
    name: str, *, kind: UserPersonaKind = UserPersonaKind.EVERYDAY, opens: tuple[str, ...] = ()
) -> UserPersona:
    """A person of the cast for a test."""
    return UserPersona(
        name=name,
        person=name.capitalize(),
        kind=kind,
        aim="ordinary",
        situation="It rains.",
        goal="Talk.",
        description=f"You are {name}.",
        opens=opens or (f"hello, here is {name}",),
    )


FORMS: Mapping[str, Mapping[str, object]] = {
    "alliance/rate_short": {"goal": 6, "task": 5, "bond": 4},
    "critic/scale": {"reason": "So it is.", "value": 25},
    "chatbot/full_learned": {"learned": "To ask first.", "without": "I would have boasted."},
}
"""What is always answered the same."""


@dataclass
class PlayModel(RuleModel):
    """A model that can take every part. Its drafts hold HARM unless told otherwise."""

    ends_after: int = 99
    """The AI User leaves with its message of that number, counted over the model's life."""
    embeds: bool = True
    embedded: list[str] = field(default_factory=list)
    _said: int = 0

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        texts = [prompt.messages[0].content for prompt in prompts]
        self.embedded += texts
        if not self.embeds:
            raise self.errors["embed"]
        return [[float(len(text) % 7), float(text.count("e")), 1.0] for text in texts]

    def _fields(
        self, prompt: Prompt, answer: type[BaseModel], ctx: CallContext
    ) -> dict[str, object]:
        state = {"therapy_progression": 60, "confusion": 10, "urgency": 5}
        if prompt.name == "simulation/user":
            self._said += 1
            text = f"and then, {(ctx.seed or 0) % 1000}"
            return {"says": text, "ends_talk": self._said >= self.ends_after}
        if prompt.name == "critic/verdict":
            return dict.fromkeys(answer.model_fields, "yes")
        if prompt.name in ("chatbot/query", "chatbot/query_words"):
            said = {"answer": "I have been working on one thing.", **state}
            return {name: said[name] for name in answer.model_fields}
        if prompt.name == "alliance/rate":
            return dict.fromkeys(answer.model_fields, 6)
        if prompt.name in FORMS:
            return dict(FORMS[prompt.name])
        return super()._fields(prompt, answer, ctx)


@cache
def _empty() -> Path:
    """A database brought up to date once: each stage takes a copy."""
    path = Path(tempfile.mkdtemp(prefix="four-rooms-")) / "empty.db"
    asyncio.run(migrate(f"sqlite+aiosqlite:///{path}"))
    return path


Models = dict[Agent, PlayModel]


def models(record: RecordCall, **faults: object) -> Models:
    """A model for each agent, all with the same faults."""
    made = {agent: PlayModel(agent, record) for agent in Agent}
    for model in made.values():
        for name, value in faults.items():
            setattr(model, name, value)
    return made


@asynccontextmanager
async def open_stage(
    folder: Path,
    *,
    deliver: Callable[[Stores], Deliver] | None = None,
    turn_seconds: float = 60.0,
    **faults: object,
) -> AsyncIterator[tuple[InMemoryServer, Models]]:
    """A stage over a database of its own, with a model of rules for each agent."""
    path = folder / "simulation.db"
    if not path.exists():
        shutil.copy(await asyncio.to_thread(_empty), path)
    url = f"sqlite+aiosqlite:///{path}"
    database = await Database.open(url)
    stores = Stores.over(database)
    made = models(stores.calls.record, **faults)
    show = deliver(stores) if deliver else None
    agents = make_agents(made, PROMPTS)
    try:
        async with InMemoryServer(stores, agents, deliver=show, turn_seconds=turn_seconds) as stage:
            yield stage, made
    finally:
        await database.close()
