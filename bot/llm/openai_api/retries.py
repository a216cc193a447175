"""One question to a model, tried until it is answered, refused, or its time is up."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, NoReturn, TypeVar

import openai
import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from bot.domain.limits import Amount
from bot.errors import LLMError, LLMOverBudget, LLMUnavailable
from bot.llm.call_budget import UNLIMITED, CallBudget, CallEstimate, amount_of, estimate_of
from bot.llm.endpoint import Endpoint
from bot.llm.openai_api.compat import Arguments, EndpointCompat, ErrorComplaint
from bot.llm.openai_api.completion_fields import NO_FIELDS, CompletionFields
from bot.llm.openai_api.connection import EndpointConnection
from bot.llm.openai_api.error_mapping import (
    complaint_of,
    connection_failure,
    outcome_of,
    status_failure,
)
from bot.llm.openai_api.responses import Tokens, read_tokens
from bot.llm.openai_api.structured import InvalidAnswer
from bot.llm.protocol import CallContext, CallOutcome, CallRecord, Prompt, RecordCall

_log = structlog.get_logger(__name__)
ReadT = TypeVar("ReadT")


@dataclass(frozen=True, slots=True)
class Job(Generic[ReadT]):
    """A question: where it goes, how it is put in a dialect, how its answer is read."""

    path: str
    put: Callable[[EndpointCompat], Arguments]
    read: Callable[[bytes, EndpointCompat], ReadT]
    prompt: Prompt
    ctx: CallContext
    numbers: Iterator[int]
    """Counts the attempts of one question, repairs included, from 1."""
    fields: CompletionFields = NO_FIELDS
    """What the request carries besides."""


class _Complained(Exception):
    """The endpoint refused how a request was put; ``failure`` stands if there is no other way."""

    def __init__(self, complaint: ErrorComplaint, failure: LLMError) -> None:
        super().__init__()
        self.complaint = complaint
        self.failure = failure


@dataclass(slots=True)
class _Answer:
    """What came of a request: nothing yet, a body with its tokens, or a refusal without cost."""

    body: bytes | None = None
    tokens: Tokens = field(default_factory=Tokens)
    is_free: bool = False


class RetryingCaller:
    """The caller of one model at one endpoint, who records every attempt."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        connection: EndpointConnection,
        record: RecordCall,
        budget: CallBudget = UNLIMITED,
    ) -> None:
        self.endpoint = endpoint
        self.model = model
        self.connection = connection
        self._record = record
        self._budget = budget

    async def call(self, job: Job[ReadT]) -> ReadT:
        """Return the answer as ``job.read`` gives it.

        A passing failure is tried again while the deadline allows. Raises one of the `LLMError`
        family, or what ``job.read`` raises.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(LLMUnavailable),
            wait=self._wait,
            stop=lambda state: self._stops(state, job.ctx),
            reraise=True,
        )
        return await retrying(self._put_acceptably, job)

    def _wait(self, state: RetryCallState) -> float:
        patience = self.connection.patience
        error = state.outcome.exception() if state.outcome else None
        jitter = random.uniform(0, patience.first_wait)  # noqa: S311 - spreads load, hides nothing
        if isinstance(error, LLMUnavailable) and error.retry_after is not None:
            return error.retry_after + jitter
        doubled = patience.first_wait * 2.0 ** (state.attempt_number - 1)
        return min(patience.longest_wait, doubled) + jitter

    def _stops(self, state: RetryCallState, ctx: CallContext) -> bool:
        tried_enough = state.attempt_number >= self.connection.patience.attempts
        return tried_enough or state.upcoming_sleep >= ctx.deadline.remaining()

    async def _put_acceptably(self, job: Job[ReadT]) -> ReadT:
        """Try once, put another way for as long as the endpoint complains of the way."""
        dialect = self.connection.dialect(self.model)
        while True:  # ends: each adapted dialect has less in it than the one before
            arguments = job.put(dialect)
            try:
                return await self._attempt(job, arguments, dialect)
            except _Complained as refused:
                adapted = dialect.adapted(refused.complaint, arguments)
                if adapted is None:
                    raise refused.failure from None
                dialect = adapted

    async def _attempt(
        self, job: Job[ReadT], arguments: Arguments, dialect: EndpointCompat
    ) -> ReadT:
        async with (
            job.fields.held(job.prompt.name, job.ctx.deadline) as fields,
            self.connection.place(job.ctx.deadline),
        ):
            estimate = estimate_of(arguments, self.endpoint.price)
            reserved = await self._budget.reserve(estimate, job.ctx)
            took = reserved.amount if reserved else Amount()
            try:
                answer = _Answer()
                try:
                    return await self._read_answer(job, arguments | fields, dialect, answer)
                finally:
                    took = self._taken(answer, estimate)
            finally:
                await self._budget.settle(reserved, took)

    async def _read_answer(
        self, job: Job[ReadT], arguments: Arguments, dialect: EndpointCompat, answer: _Answer
    ) -> ReadT:
        """Send once and return what is read; ``answer`` is told what came, and it is recorded."""
        started_at, begun = datetime.now(UTC), time.monotonic()
        outcome = CallOutcome.CANCELLED
        try:
            answer.body = await self._send(job, arguments)
            answer.tokens = read_tokens(answer.body)
            made = job.read(answer.body, dialect)
        except InvalidAnswer:
            outcome = CallOutcome.INVALID
            raise
        except _Complained:
            outcome, answer.is_free = CallOutcome.REFUSED, True
            raise
        except LLMError as error:
            outcome = outcome_of(error)
            answer.is_free = _is_free(error, answer.body)
            raise
        else:
            outcome = CallOutcome.OK
            return made
        finally:
            await self._keep(job, started_at, time.monotonic() - begun, answer.tokens, outcome)

    def _taken(self, answer: _Answer, estimate: CallEstimate) -> Amount:
        """Return what a call took; what nobody can tell counts as it was estimated."""
        tokens = answer.tokens
        if tokens.prompt_tokens or tokens.completion_tokens:
            return amount_of(
                tokens.prompt_tokens,
                tokens.completion_tokens,
                self.endpoint.price,
                cached=tokens.cached_tokens,
            )
        if answer.is_free:
            return Amount(calls=1)
        if answer.body is None:
            return estimate.amount
        # An endpoint that does not count.
        said = min(estimate.completion_tokens, len(answer.body))
        return amount_of(estimate.prompt_tokens, said, self.endpoint.price)

    async def _send(self, job: Job[ReadT], arguments: Arguments) -> bytes:
        limit = min(self.connection.timeout, job.ctx.deadline.remaining())
        try:
            async with asyncio.timeout(limit):
                return await self.connection.post(job.path, arguments)
        except TimeoutError:
            self._out_of_time(job.ctx)
        except openai.APIStatusError as error:
            failure = status_failure(error, self.endpoint)
            if error.status_code in (400, 422):
                raise _Complained(complaint_of(error), failure) from None
            raise failure from None
        except openai.OpenAIError as error:
            raise connection_failure(error, self.endpoint) from None

    def _out_of_time(self, ctx: CallContext) -> NoReturn:
        if ctx.deadline.remaining() <= 0:
            raise LLMOverBudget("The turn's time was up before the model answered.") from None
        raise LLMUnavailable(
            f"{self.endpoint.address} did not answer within {self.connection.timeout:g} s."
        ) from None

    async def _keep(
        self, job: Job[ReadT], started_at: datetime, seconds: float, tokens: Tokens, outcome: str
    ) -> None:
        """Record an attempt: in the store, and in the log without a word of what was said."""
        made = CallRecord(
            agent=self.endpoint.agent,
            model=self.model,
            prompt_name=job.prompt.name,
            prompt_version=job.prompt.version,
            turn_id=job.ctx.turn_id,
            room_id=job.ctx.room_id,
            attempt=next(job.numbers),
            started_at=started_at,
            seconds=seconds,
            prompt_tokens=tokens.prompt_tokens,
            cached_tokens=tokens.cached_tokens,
            completion_tokens=tokens.completion_tokens,
            cost=self._cost(tokens),
            outcome=outcome,
            adapter=job.fields.adapter,
        )
        _log.log(
            logging.INFO if outcome in (CallOutcome.OK, CallOutcome.CANCELLED) else logging.WARNING,
            "llm_call",
            agent=made.agent.value,
            model=made.model,
            prompt=made.prompt_name,
            turn=made.turn_id,
            attempt=made.attempt,
            seconds=round(seconds, 3),
            outcome=outcome,
            prompt_tokens=made.prompt_tokens,
            completion_tokens=made.completion_tokens,
        )
        await self._record(made)

    def _cost(self, tokens: Tokens) -> float | None:
        if self.endpoint.price is None:
            return None
        return self.endpoint.price.cost(
            prompt=tokens.prompt_tokens,
            cached=tokens.cached_tokens,
            completion=tokens.completion_tokens,
        )


def _is_free(error: LLMError, body: bytes | None) -> bool:
    """Return whether a failure is one that no provider bills: no answer that makes sense came.

    An answer that did not come in time may have been written all the same.
    """
    if isinstance(error.__context__, TimeoutError | openai.APITimeoutError):
        return False
    return body is None or isinstance(error, LLMUnavailable)
