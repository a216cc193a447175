"""The parts that every command needs, opened and closed together: database, models, agents."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.agents.alliance.observers import make_alliance
from bot.agents.chatbot import LLMChatbot
from bot.agents.critic import LLMCritic
from bot.agents.day_critic import DayCritic
from bot.agents.guidance_judge import GuidanceJudge
from bot.agents.therapist import LLMTherapist
from bot.agents.user import User
from bot.app.llm_factory import SERVING, AgentModels, open_llms
from bot.domain import Agent, Conversation, Deadline, Line, RoomSettings
from bot.domain.events import Event, TurnBegan
from bot.domain.limits import OperatorLimits
from bot.domain.turn_context import unstored_context
from bot.engine.team import Agents
from bot.errors import LLMError
from bot.llm.call_budget import UNLIMITED
from bot.llm.protocol import LLM, CallContext, CallPriority
from bot.prompting.templates import Prompts
from bot.rooms.chat.crisis.detector import warm_up
from bot.rooms.chat.crisis.outgoing_check import warm_up_outgoing
from bot.rooms.limits.usage_limits import UsageLimits
from bot.settings import Settings
from bot.storage.database.change_feed import hear_changes
from bot.storage.database.database import Database
from bot.storage.open_database import open_database
from bot.storage.stores.stores import Stores

if TYPE_CHECKING:
    from bot.engine.engine import Engine
    from bot.metrics.metrics import Metrics

WARM_UP_SECONDS: Final = 300.0
"""What the first look at the prompts may take on a slow machine."""


@dataclass(frozen=True, slots=True)
class App:
    """Everything behind the rooms' doors. ``models`` says in a line what serves the agents."""

    settings: Settings
    prompts: Prompts
    database: Database
    stores: Stores
    agents: Agents
    models: str
    small: bool
    """Whether any agent's model is a small one, which answers few calls at a time."""
    limits: UsageLimits | None = None
    """Of a day; None where an operator works for themself."""
    metrics: Metrics | None = None
    """Where METRICS_PORT is set."""
    warming: asyncio.Task[None] | None = None

    def attend(self, engine: Engine) -> None:
        """Count what an engine does, and end the warm-up once a turn begins: it reads the same."""

        def listen(event: Event) -> None:
            if isinstance(event, TurnBegan) and self.warming is not None:
                self.warming.cancel()

        engine.subscribe(listen)
        if self.metrics is not None:
            engine.subscribe(self.metrics.observe)


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    agents: Collection[Agent] | None = None,
    limits: OperatorLimits | None = None,
) -> AsyncIterator[App]:
    """Bring the database up to date and the agents to work: ``agents``, or those it can do with.

    Their calls are taken from ``limits``, if there are any.
    Raises SettingError where a setting, the endpoint, a prompt or the database is wrong.
    """
    prompts = Prompts.load()
    await asyncio.to_thread(_load_rules)
    async with AsyncExitStack() as stack:
        url = settings.database_url.get_secret_value()
        stores = Stores.over(database := await stack.enter_async_context(open_database(url)))
        await stack.enter_async_context(hear_changes(url, database.changes))
        wanted = agents or _agents(settings)
        metrics = _metrics(settings, stores, database)
        record = metrics.recording(stores.calls.record) if metrics else stores.calls.record
        usage = _usage(settings, stores, limits)
        models = await stack.enter_async_context(
            open_llms(
                settings,
                record,
                agents=wanted,
                budget=usage or UNLIMITED,
                with_fallbacks=True,
                begin=stores.calls.begin,
            )
        )
        small = any(llm.small for llm in models.llms.values())
        team = make_agents(models.llms, prompts, alliance=settings.measure_alliance)
        team = replace(team, health=models.health)
        _show_health(metrics, models)
        warming = _begin_warm_up(team, models.llms[Agent.CHATBOT], stack)
        said = models.description
        yield App(settings, prompts, database, stores, team, said, small, usage, metrics, warming)


def _show_health(metrics: Metrics | None, models: AgentModels) -> None:
    if metrics is not None:
        metrics.health = models.health


def _usage(settings: Settings, stores: Stores, limits: OperatorLimits | None) -> UsageLimits | None:
    process = min(settings.shard_ids, default=0)
    return UsageLimits(stores, limits, process=process) if limits else None


def _load_rules() -> None:
    """Load the rules that every message and reply is looked at by, before the first comes."""
    warm_up()
    warm_up_outgoing()


def _begin_warm_up(team: Agents, chatbot: LLM, stack: AsyncExitStack) -> asyncio.Task[None] | None:
    """Warm a small model up until ``stack`` is closed; a large one needs none of it."""
    if not chatbot.small:
        return None
    warming = asyncio.create_task(_warm_up(team), name="warm up")
    stack.callback(warming.cancel)
    return warming


async def _warm_up(agents: Agents) -> None:
    """Let a small model read the prompts of a turn before somebody waits for the answer.

    On two cores that takes half a minute the first time; then they come from its cache.
    """
    hello, settings = Conversation(asked=(Line(speaker="Someone", text="Hello!"),)), RoomSettings()
    ctx = CallContext(Deadline.after(WARM_UP_SECONDS), priority=CallPriority.BACKGROUND)
    with suppress(LLMError):
        text = await agents.chatbot.draft(unstored_context(hello, settings), ctx)
        drafted = unstored_context(hello, settings, text)
        await agents.therapist.review(drafted, ctx)
        await agents.chatbot.reflect(drafted, ctx)


def _metrics(settings: Settings, stores: Stores, database: Database) -> Metrics | None:
    if settings.metrics_port is None:
        return None
    from bot.metrics.metrics import Metrics  # noqa: PLC0415 - not loaded where nobody reads them

    metrics = Metrics(stores)
    database.observe(metrics.count_use)
    return metrics


def make_agents(
    llms: Mapping[Agent, LLM], prompts: Prompts, *, alliance: bool | None = None
) -> Agents:
    """Return the agents on their models; the AI User is there if it has one.

    ``alliance`` says whether sessions may be measured; if it is left open, only where the model
    costs nothing.
    """
    user, judge = llms.get(Agent.USER), llms[Agent.CRITIC]
    measures = judge.small if alliance is None else alliance
    return Agents(
        chatbot=LLMChatbot(llms[Agent.CHATBOT], prompts),
        therapist=LLMTherapist(llms[Agent.THERAPIST], prompts),
        critic=LLMCritic(judge, prompts),
        user=None if user is None else partial(User, user, prompts),
        alliance=make_alliance(judge, prompts) if measures else None,
        guidance_judge=GuidanceJudge(llms[Agent.THERAPIST], prompts),
        day_critic=None if judge.small else DayCritic(judge, prompts),
    )


def _agents(settings: Settings) -> tuple[Agent, ...]:
    """Return the agents of a turn, and the User where that does not start a model for it alone."""
    embedded = any(settings.endpoint(agent) is None for agent in SERVING)
    if embedded or settings.endpoint(Agent.USER) is not None:
        return (*SERVING, Agent.USER)
    return SERVING
