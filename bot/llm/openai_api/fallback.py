"""An agent's model with another one behind it, for the time in which the first is away."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Self, TypeVar

import structlog

from bot.domain import Agent
from bot.errors import (
    EndpointAway,
    LimitUsedUp,
    LLMError,
    LLMMisconfigured,
    LLMOverBudget,
    LLMUnavailable,
    SettingError,
)
from bot.llm.openai_api.client import Client
from bot.llm.protocol import AnswerT, CallContext, Prompt

log = structlog.get_logger(__name__)
ReturnT = TypeVar("ReturnT")


class FallbackLLM:
    """The `LLM` of an agent that has a fallback.

    The first is asked while it is well. Where it is away, looks whether it is back are made on
    the side, so that nobody waits for them.
    """

    def __init__(self, first: Client, second: Client) -> None:
        """Put ``second`` behind ``first``; raises SettingError where they differ in size."""
        if first.small != second.small:
            # The strategy, small or full, was chosen for the first, with all that is fitted.
            raise SettingError(
                f"The fallback of the {first.agent.value.capitalize()}, {second.model}, is asked "
                f"in another shape than {first.model}: one is a small model, the other is not."
            )
        self.agent: Agent = first.agent
        self.first = first
        self.second = second
        self._latest = first
        self._above: FallbackLLM | None = None
        self._looks = _Looks(first)

    def for_one_answer(self) -> Self:
        """Return the same two for the calls of one answer; see `bot.llm.protocol`."""
        own = copy.copy(self)
        own._above, own._latest = self, self.first
        return own

    @property
    def model(self) -> str:
        """The model that answered last, of all calls that were made by way of this object."""
        return self._latest.model

    @property
    def small(self) -> bool:
        """Return whether prompts should take the short shapes that small models need."""
        return self.first.small

    @property
    def gives_probabilities(self) -> bool:
        """Return whether `probabilities` works with the model that would be asked now."""
        return (self.first if self.first.breaker.is_closed else self.second).gives_probabilities

    async def ask(
        self,
        prompt: Prompt,
        answer: type[AnswerT],
        ctx: CallContext,
        *,
        sampling: Mapping[str, float] | None = None,
    ) -> AnswerT:
        """Return a typed answer; see `LLM.ask`."""
        return await self._either(lambda llm: llm.ask(prompt, answer, ctx, sampling=sampling), ctx)

    async def say(
        self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
    ) -> str:
        """Return an answer in free text; see `LLM.say`."""
        return await self._either(lambda llm: llm.say(prompt, ctx, sampling=sampling), ctx)

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        """Return how likely each option is; see `LLM.probabilities`."""
        return await self._either(lambda llm: llm.probabilities(prompt, options, ctx), ctx)

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        """Return a vector for each prompt, of the first alone: another's mean something else."""
        return await self.first.embed(prompts, ctx)

    async def close(self) -> None:
        """End what still runs in the background."""
        await self._looks.close()

    async def _either(
        self, ask: Callable[[Client], Awaitable[ReturnT]], ctx: CallContext
    ) -> ReturnT:
        """Return the first's answer, or the second's where the first cannot give one now."""
        if not self.first.breaker.is_closed:
            self._looks.look_aside()
        else:
            try:
                made = await ask(self.first)
            except LLMError as error:
                if not _speaks_of_endpoint(error, ctx):
                    raise
            else:
                self._note(self.first)
                return made
        made = await ask(self.second)
        self._note(self.second)
        return made

    def _note(self, answered: Client) -> None:
        self._latest = answered
        if self._above is not None:
            self._above._note(answered)


class _Looks:
    """The looks at an endpoint that was away, one at a time, for all that ask it."""

    def __init__(self, first: Client) -> None:
        self._first = first
        self._look: asyncio.Task[None] | None = None

    def look_aside(self) -> None:
        """Look on the side, if it is time."""
        if self._first.breaker.is_due and self._look is None:
            self._look = asyncio.create_task(self._look_quietly(), name="look at endpoint")

    async def close(self) -> None:
        """End a look that is under way."""
        if self._look is not None:
            self._look.cancel()
            await asyncio.wait([self._look])

    async def _look_quietly(self) -> None:
        try:
            await self._first.look()
        except EndpointAway:
            """Another agent's look was quicker."""
        except LLMError as error:
            log.info("endpoint looked at", model=self._first.model, why=error.detail)
        finally:
            self._look = None


def _speaks_of_endpoint(error: LLMError, ctx: CallContext) -> bool:
    """Return whether another endpoint may do better: not where time or a limit is used up."""
    if isinstance(error, LLMUnavailable | LLMMisconfigured):
        return True
    quota = isinstance(error, LLMOverBudget) and not isinstance(error, LimitUsedUp)
    return quota and ctx.deadline.remaining() > 0
