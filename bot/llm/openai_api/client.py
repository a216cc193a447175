"""One agent's language model, behind any endpoint that speaks the OpenAI API.

Import it only where a model is about to be used: it brings in the ``openai`` package.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

import structlog
from pydantic import BaseModel

from bot.domain import Agent
from bot.errors import (
    AnswerNotInForm,
    LLMError,
    LLMOverBudget,
    LLMRefused,
    LLMUnavailable,
)
from bot.llm.call_budget import UNLIMITED, CallBudget
from bot.llm.endpoint import Endpoint
from bot.llm.openai_api.answer_text import answer_text
from bot.llm.openai_api.breaker import CircuitBreaker
from bot.llm.openai_api.compat import Arguments, CompletionRequest, EndpointCompat
from bot.llm.openai_api.completion_fields import NO_FIELDS, CompletionFields
from bot.llm.openai_api.connection import EndpointConnection
from bot.llm.openai_api.logprobs import first_tokens, probability_share
from bot.llm.openai_api.responses import Completion, CompletionChoice, EmbeddingList, TopToken, read
from bot.llm.openai_api.retries import Job, ReadT, RetryingCaller
from bot.llm.openai_api.structured import InvalidAnswer, read_answer, repair
from bot.llm.openai_api.thoughts import without_thoughts
from bot.llm.protocol import AnswerT, CallContext, Prompt, RecordCall, background_call
from bot.reasons import because

_log = structlog.get_logger(__name__)
MAX_TOKENS: Final = 4_096
"""Asked of a model for which no other bound is set: some messages, and room for its thoughts."""
_CHAT: Final = "/chat/completions"
_PROBE_SECONDS: Final = 8.0
"""What a start may wait to learn whether a model gives probabilities."""


class Client:
    """The `LLM` of one agent. Clients of one endpoint share its `EndpointConnection`."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        connection: EndpointConnection,
        record: RecordCall,
        probability_check: Prompt,
        budget: CallBudget = UNLIMITED,
        fields: CompletionFields = NO_FIELDS,
        *,
        has_fallback: bool = False,
    ) -> None:
        """Take the ways to the model; ``probability_check`` is the question that `probe` asks.

        ``fields``: what each completion carries besides. ``has_fallback``: another model is asked
        where this one is away.
        """
        self.agent: Agent = endpoint.agent
        self._endpoint = endpoint
        self._connection = connection
        self._fields = fields
        self._caller = RetryingCaller(
            endpoint, model, connection, record, budget, has_fallback=has_fallback
        )
        self._probability_check = probability_check
        self._probing: asyncio.Task[None] | None = None

    @property
    def model(self) -> str:
        """The model's id as sent to the endpoint."""
        return self._caller.model

    @property
    def place(self) -> int:
        """The same for clients that share a connection."""
        return id(self._connection)

    @property
    def small(self) -> bool:
        """Return whether prompts should take the short shapes that small models need."""
        return self._endpoint.small

    @property
    def gives_probabilities(self) -> bool:
        """Return whether `probabilities` works, as far as is known: False until a probe said so."""
        return self._connection.gives_probabilities.get(self.model, False)

    @property
    def breaker(self) -> CircuitBreaker:
        """The breaker of its endpoint."""
        return self._connection.breaker

    async def look(self) -> None:
        """Ask for a word, to see whether an endpoint that was away is back. Raises an LLMError."""
        check, ctx = self._probability_check, background_call(self._connection.timeout)
        request = CompletionRequest(check.messages, {"max_tokens": 1})
        await self._complete(request, lambda _: None, check, ctx, count(1))

    async def ask(
        self,
        prompt: Prompt,
        answer: type[AnswerT],
        ctx: CallContext,
        *,
        sampling: Mapping[str, float] | None = None,
    ) -> AnswerT:
        """Return a typed answer, repaired once at most; see `LLM.ask`."""

        def read_typed(choice: CompletionChoice) -> AnswerT:
            try:
                return read_answer(self._text(choice), answer)
            except InvalidAnswer as invalid:
                if invalid.unshaped:
                    self._connection.distrust_schemas(self.model)
                raise

        return await self._ask_twice(prompt, answer, read_typed, ctx, sampling)

    async def say(
        self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
    ) -> str:
        """Return an answer in free text; see `LLM.say`."""

        def read_text(choice: CompletionChoice) -> str:
            return self._text(choice)

        return await self._ask_twice(prompt, None, read_text, ctx, sampling)

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        """Return how likely each option is as the first word; see `LLM.probabilities`."""
        shares = probability_share(await self._first_tokens(prompt, ctx), options)
        if shares is None:
            raise LLMRefused(
                because("{model} would answer with none of the words asked for.", model=self.model)
            )
        return shares

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        """Return a vector for each prompt, in their order; see `LLM.embed`."""
        texts = ["\n".join(message.content for message in prompt.messages) for prompt in prompts]

        def read_vectors(body: bytes, _: EndpointCompat) -> list[list[float]]:
            entries = read(body, EmbeddingList, self._endpoint.address).data
            vectors = {entry.index: entry.embedding for entry in entries}
            if sorted(vectors) != list(range(len(texts))):
                raise LLMUnavailable(
                    because("{address} did not embed every text.", address=self._endpoint.address)
                )
            return [vectors[index] for index in range(len(texts))]

        arguments: Arguments = {"model": self.model, "input": texts}
        return await self._caller.call(
            Job("/embeddings", lambda _: arguments, read_vectors, prompts[0], ctx, count(1))
        )

    async def probe(self, seconds: float = _PROBE_SECONDS) -> None:
        """Find out within ``seconds`` whether the model gives probabilities, unless it is known.

        Raises LLMMisconfigured where the endpoint refuses key or model. An endpoint that is down
        is no error here: the next call that succeeds probes again.
        """
        if self.model in self._connection.gives_probabilities:
            return
        ctx = background_call(seconds)
        try:
            await self._first_tokens(self._probability_check, ctx)
        except LLMRefused:
            self._connection.gives_probabilities[self.model] = False
        except (LLMUnavailable, LLMOverBudget) as error:
            _log.warning("probe_failed", model=self.model, why=error.detail)

    async def probed(self) -> None:
        """Wait for a probe that runs in the background, if one does."""
        if self._probing is not None:
            await asyncio.wait([self._probing])

    async def close(self) -> None:
        """End what still runs in the background. The connection is closed by its owner."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.wait([self._probing])

    async def _ask_twice(
        self,
        prompt: Prompt,
        answer: type[BaseModel] | None,
        read_choice: Callable[[CompletionChoice], ReadT],
        ctx: CallContext,
        sampling: Mapping[str, float] | None,
    ) -> ReadT:
        """Return what ``read_choice`` makes of the answer; an invalid one is repaired once."""
        parameters = {
            "max_tokens": MAX_TOKENS,
            **self._endpoint.sampling.parameters(),
            **(sampling or {}),
        }
        if ctx.seed is not None:
            parameters["seed"] = ctx.seed
        request, numbers = CompletionRequest(prompt.messages, parameters, answer), count(1)
        try:
            return await self._complete(request, read_choice, prompt, ctx, numbers)
        except InvalidAnswer as invalid:
            first, mended = invalid, repair(prompt.messages, invalid, answer)
        try:
            request = replace(request, messages=mended)
            return await self._complete(request, read_choice, prompt, ctx, numbers)
        except InvalidAnswer as invalid:
            raise AnswerNotInForm(
                because(
                    "{model} did not answer in the asked form, nor when told so: {detail}.",
                    model=self.model,
                    detail=invalid.detail,
                ),
                said=without_thoughts(invalid.said) or without_thoughts(first.said),
            ) from None

    async def _first_tokens(self, prompt: Prompt, ctx: CallContext) -> list[TopToken]:
        def read_tokens(choice: CompletionChoice) -> list[TopToken]:
            tokens = first_tokens(choice)
            self._connection.gives_probabilities[self.model] = bool(tokens)
            if not tokens:
                raise LLMRefused(
                    because(
                        "{address} gives no token probabilities.", address=self._endpoint.address
                    )
                )
            return tokens

        request = CompletionRequest(prompt.messages, {"max_tokens": 1}, logprobs=True)
        return await self._complete(request, read_tokens, prompt, ctx, count(1))

    async def _complete(
        self,
        request: CompletionRequest,
        read_choice: Callable[[CompletionChoice], ReadT],
        prompt: Prompt,
        ctx: CallContext,
        numbers: Iterator[int],
    ) -> ReadT:
        def read_body(body: bytes, dialect: EndpointCompat) -> ReadT:
            choice = read(body, Completion, self._endpoint.address).choices[0]
            self._connection.learn(self.model, dialect, typed=request.answer is not None)
            return read_choice(choice)

        def put(dialect: EndpointCompat) -> Arguments:
            return dialect.arguments(self.model, request)

        job = Job(_CHAT, put, read_body, prompt, ctx, numbers, self._fields)
        read_it = await self._caller.call(job)
        self._probe_later()
        return read_it

    def _text(self, choice: CompletionChoice) -> str:
        return answer_text(choice, self.model, self._endpoint.address)

    def _probe_later(self) -> None:
        """Probe on the side an endpoint that answers now and did not when it was probed.

        One of the agents' clients does so for all of a model.
        """
        line, model = self._connection, self.model
        if model not in line.gives_probabilities and model not in line.being_probed:
            line.being_probed.add(model)
            self._probing = asyncio.create_task(self._probe_quietly())

    async def _probe_quietly(self) -> None:
        try:
            # Nobody waits for it: a slow model that is given up would be asked after each call.
            await self.probe(self._connection.timeout)
        except LLMError as error:
            _log.warning("probe_failed", model=self.model, why=error.detail)
        finally:
            self._probing = None
            self._connection.being_probed.discard(self.model)
