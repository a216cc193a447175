"""A scripted `LLM` without a network: answers from a queue or a function, and a history.

A call that nothing was scripted for fails the test, also where the code under test swallows the
failure: end the test with `assert_done`.

::

    llm = FakeLLM(Agent.THERAPIST)
    llm.will_answer(Review(...), LLMUnavailable("down"), {"says": "…", ...})
    llm.always(lambda asked: "Hello!")      # once the queue is empty
    ...
    assert llm.history[0].prompt.name == "therapist"
    llm.assert_done()
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from pydantic import BaseModel

from bot.domain import Agent
from bot.llm.protocol import CallContext, Prompt

Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Asked:
    """One call, as the agent made it."""

    how: Literal["ask", "say", "probabilities", "embed"]
    prompt: Prompt
    ctx: CallContext
    answer: type[BaseModel] | None = None
    options: tuple[str, ...] = ()
    sampling: Mapping[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All messages of the prompt, one a line, each with its role."""
        return "\n".join(f"{m.role}: {m.content}" for m in self.prompt.messages)


Plain: TypeAlias = BaseModel | str | Mapping[str, object] | tuple[float, ...] | Exception
Scripted: TypeAlias = Plain | Callable[[Asked], "Plain | Awaitable[Plain]"]


class FakeLLM:
    """One agent's model, scripted."""

    def __init__(
        self,
        agent: Agent = Agent.CHATBOT,
        *,
        model: str = "fake",
        small: bool = False,
        gives_probabilities: bool = False,
    ) -> None:
        self.agent = agent
        self.model = model
        self.small = small
        self.gives_probabilities = gives_probabilities
        self.history: list[Asked] = []
        self.unexpected: list[Asked] = []
        self._queue: deque[Scripted] = deque()
        self._always: Callable[[Asked], Plain | Awaitable[Plain]] | None = None

    def will_answer(self, *answers: Scripted) -> None:
        """Queue answers: a model, its fields, text, option weights, an error, or a function."""
        self._queue.extend(answers)

    def always(self, function: Callable[[Asked], Plain | Awaitable[Plain]]) -> None:
        """Answer by ``function`` whenever the queue is empty."""
        self._always = function

    def assert_done(self) -> None:
        """Every scripted answer was asked for, and nothing besides."""
        assert not self.unexpected, f"unexpected calls:\n{_listed(self.unexpected)}"
        assert not self._queue, (
            f"the {self.agent} was asked {len(self.history)} times; "
            f"{len(self._queue)} scripted answers are left: {list(self._queue)!r}"
        )

    async def ask(
        self,
        prompt: Prompt,
        answer: type[Answer],
        ctx: CallContext,
        *,
        sampling: Mapping[str, float] | None = None,
    ) -> Answer:
        asked = Asked("ask", prompt, ctx, answer=answer, sampling=sampling or {})
        given = await self._next(asked)
        if isinstance(given, Mapping):
            return answer.model_validate(given)
        assert isinstance(given, answer), self._misfit(asked, given, answer.__name__)
        return given

    async def say(
        self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
    ) -> str:
        asked = Asked("say", prompt, ctx, sampling=sampling or {})
        given = await self._next(asked)
        assert isinstance(given, str), self._misfit(asked, given, "a text")
        return given

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        asked = Asked("probabilities", prompt, ctx, options=tuple(options))
        assert self.gives_probabilities, f"the {self.agent}'s fake gives no probabilities"
        given = await self._next(asked)
        assert isinstance(given, Mapping), self._misfit(asked, given, "weights by option")
        assert set(given) == set(options), self._misfit(asked, given, f"weights for {options}")
        weights = {option: float(str(given[option])) for option in options}
        total = sum(weights.values())
        return {option: weight / total for option, weight in weights.items()}

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        given = [await self._next(Asked("embed", prompt, ctx)) for prompt in prompts]
        assert all(isinstance(one, tuple) for one in given), "a tuple of numbers is due"
        return [list(one) for one in given if isinstance(one, tuple)]

    async def _next(self, asked: Asked) -> Plain:
        self.history.append(asked)
        scripted = self._queue.popleft() if self._queue else self._always
        if scripted is None:
            self.unexpected.append(asked)
            raise AssertionError(
                f"unexpected call number {len(self.history)} of the {self.agent}'s model:\n"
                f"{_listed([asked])}\nso far it was asked:\n{_listed(self.history[:-1])}"
            )
        given = scripted(asked) if callable(scripted) else scripted
        if inspect.isawaitable(given):
            given = await given
        if isinstance(given, Exception):
            raise given
        return given

    def _misfit(self, asked: Asked, given: object, due: str) -> str:
        return (
            f"the scripted answer number {len(self.history)} of the {self.agent} is {given!r}, "
            f"but {due} is due for:\n{_listed([asked])}"
        )


class FakeLLMs(dict[Agent, FakeLLM]):
    """A fake for each agent."""

    def __init__(
        self,
        *,
        agents: Iterable[Agent] = Agent,
        small: bool = False,
        gives_probabilities: bool = False,
    ) -> None:
        super().__init__(
            (agent, FakeLLM(agent, small=small, gives_probabilities=gives_probabilities))
            for agent in agents
        )

    def assert_done(self) -> None:
        """As `FakeLLM.assert_done`, for all."""
        for fake in self.values():
            fake.assert_done()

    @property
    def calls(self) -> int:
        """Calls of all agents together."""
        return sum(len(fake.history) for fake in self.values())


def _listed(calls: Sequence[Asked]) -> str:
    if not calls:
        return "  (nothing)"
    return "\n".join(
        f"  {call.how} {call.prompt.name}"
        f"{f' -> {call.answer.__name__}' if call.answer else ''}\n"
        f"    {call.text[-600:]!r}"
        for call in calls
    )
