"""The protocol of language models as agents ask them, and the record of each call.

The agents know only the `LLM` protocol: the real client speaks the OpenAI API, tests script it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Literal, Protocol, TypeVar, runtime_checkable

from pydantic import BaseModel

from bot.domain import Agent, Deadline

AnswerT = TypeVar("AnswerT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One chat message to a model."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """Messages made from one prompt file: its name, the hash of its text, the rendering."""

    name: str
    version: str
    """First 12 hex digits of the SHA-256 of the prompt files that took part."""
    messages: tuple[ChatMessage, ...]


class CallPriority(IntEnum):
    """Who waits for the answer to a call: the fewer wait, the later it may come."""

    PERSON = 0
    MODERATOR = 1
    SCORING = 2
    BACKGROUND = 3

    @property
    def is_behind(self) -> bool:
        """Return whether nobody waits for it who would notice."""
        return self >= CallPriority.SCORING


@dataclass(frozen=True, slots=True)
class CallContext:
    """The purpose of a call; goes down every path unchanged."""

    deadline: Deadline
    turn_id: int | None = None
    room_id: int | None = None
    seed: int | None = None
    """For repeatable simulations; sent only when set."""
    people: tuple[int, ...] = ()
    """The ids of the people whose limits the call counts for."""
    by_moderator: bool = False
    """Asked by a moderator: it counts for server and process, and not for the room."""
    is_patient: bool = True
    """Whether the call waits for an endpoint that is away; else it fails at once."""
    priority: CallPriority = CallPriority.PERSON


def background_call(seconds: float) -> CallContext:
    """Return the context of a call of the program's own, which may take so long."""
    return CallContext(Deadline.after(seconds), priority=CallPriority.BACKGROUND)


class CallOutcome:
    """The outcomes a call record can have."""

    OK = "ok"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"
    INVALID = "invalid"  # an answer came, but not in the asked form
    OVER_BUDGET = "over budget"
    MISCONFIGURED = "misconfigured"
    CANCELLED = "cancelled"  # the bot stopped, or gave up waiting; it may be billed all the same


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One request to a model: what is stored of it. Never holds the text said.

    ``cost`` is in US dollars, None where the model's price is not known.
    """

    agent: Agent
    model: str
    prompt_name: str
    prompt_version: str
    turn_id: int | None
    room_id: int | None
    attempt: int
    started_at: datetime
    seconds: float
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    cost: float | None
    outcome: str
    adapter: str | None = None
    """The adapter that spoke, as `Adapter.name` has it; None for the model alone."""
    fallback: bool = False
    """Whether the model is the agent's fallback."""
    mark: int = field(default=0, compare=False)
    """What tells it from all others while it is under way, where it was noted as begun."""


RecordCall = Callable[[CallRecord], Awaitable[None]]
BeginCall = Callable[[CallRecord], Callable[[], None]]
"""Notes a call before it goes out; what it returns undoes that, for one that does not."""


def begin_unnoted(_: CallRecord) -> Callable[[], None]:
    """Note nothing: only answers are recorded."""
    return lambda: None


class LLM(Protocol):
    """One agent's language model."""

    agent: Agent

    @property
    def model(self) -> str:
        """The model's id as sent to the endpoint."""
        ...

    @property
    def small(self) -> bool:
        """Return whether prompts should take the short shapes that small models need."""
        ...

    @property
    def gives_probabilities(self) -> bool:
        """Return whether `probabilities` works (asked of the endpoint once, at `open`)."""
        ...

    async def ask(
        self,
        prompt: Prompt,
        answer: type[AnswerT],
        ctx: CallContext,
        *,
        sampling: Mapping[str, float] | None = None,
    ) -> AnswerT:
        """Return a typed answer: JSON by schema, or JSON mode, checked, repaired once at most.

        ``sampling`` overrides the configured values for this call, e.g. a higher temperature
        for a second try. Raises one of the `LLMError` family; never guesses.
        """
        ...

    async def say(
        self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
    ) -> str:
        """Return an answer in free text, stripped; an empty one raises LLMRefused."""
        ...

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        """Return how likely each option (one short word each) is as the first word of the answer.

        Case and leading space of tokens are folded together; the values are normalised over the
        options and sum to 1. Raises LLMRefused if none of them is among the top tokens.
        """
        ...

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        """Return a vector for each prompt, whose messages are read as one plain text.

        The embedded model gives the state after the last word. Raises one of the `LLMError`
        family, LLMRefused where the endpoint has no embeddings.
        """
        ...


@dataclass(slots=True)
class Usage:
    """Sums over call records, for cards and `/usage`."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None
    adapters: list[tuple[Agent, str]] = field(default_factory=list)
    """The adapters that spoke, each with its agent."""
    fallbacks: list[tuple[Agent, str]] = field(default_factory=list)
    """The models that answered as a fallback, each with its agent."""


@runtime_checkable
class SeveralModels(Protocol):
    """An `LLM` that may be answered by one model or another."""

    def for_one_answer(self) -> LLM:
        """Return the same for the calls of one answer."""
        ...


def for_one_answer(llm: LLM) -> LLM:
    """Return the same model, to be asked all that one answer takes.

    Its `model` says afterwards which one that was, whatever other calls are given meanwhile.
    """
    return llm.for_one_answer() if isinstance(llm, SeveralModels) else llm
