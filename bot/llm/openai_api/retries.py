"""One question to a model, tried until it is answered, refused, or its time is up."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final, Generic, NoReturn, TypeVar

import openai
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception

from bot.errors import LLMError, LLMOverBudget, LLMUnavailable
from bot.llm.call_budget import UNLIMITED, CallBudget, CallEstimate, Reserved, estimate_of
from bot.llm.endpoint import Endpoint
from bot.llm.openai_api.accounting import (
    CallAnswer,
    amount_taken,
    begun_call,
    cost_of,
    hung,
    is_free,
    is_passing,
    is_too_many,
    log_call,
)
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
from bot.reasons import because

ReadT = TypeVar("ReadT")
TRIES_BEFORE_FALLBACK: Final = 2
"""Tries of a question for which another endpoint is at hand: a call may fail by chance once."""


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


class RetryingCaller:
    """The caller of one model at one endpoint, who records every attempt."""

    def __init__(
        self,
        endpoint: Endpoint,
        model: str,
        connection: EndpointConnection,
        record: RecordCall,
        budget: CallBudget = UNLIMITED,
        *,
        has_fallback: bool = False,
    ) -> None:
        """Take the ways to the model; with a fallback a call gives up early in its favour."""
        self.endpoint = endpoint
        self.model = model
        self.connection = connection
        self._record = record
        self._budget = budget
        self._has_fallback = has_fallback

    async def call(self, job: Job[ReadT]) -> ReadT:
        """Return the answer as ``job.read`` gives it.

        A passing failure is tried again while the deadline allows; an endpoint that is away is
        waited for so long. Raises one of the `LLMError` family, or what ``job.read`` raises.
        """
        retrying = AsyncRetrying(
            retry=retry_if_exception(is_passing),
            wait=self._wait,
            stop=lambda state: self._stops(state, job.ctx),
            reraise=True,
        )
        return await retrying(self._put_acceptably, job)

    def _wait(self, state: RetryCallState) -> float:
        patience = self.connection.patience
        if not self.connection.breaker.is_closed:
            return 0.0  # the breaker knows how long
        error = state.outcome.exception() if state.outcome else None
        jitter = random.uniform(0, patience.first_wait)  # noqa: S311 - spreads load, hides nothing
        if isinstance(error, LLMUnavailable) and error.retry_after is not None:
            return error.retry_after + jitter
        doubled = patience.first_wait * 2.0 ** (state.attempt_number - 1)
        return min(patience.longest_wait, doubled) + jitter

    def _stops(self, state: RetryCallState, ctx: CallContext) -> bool:
        if not self.connection.breaker.is_closed:
            return self._has_fallback
        tries = self.connection.patience.attempts
        if self._has_fallback:
            error = state.outcome.exception() if state.outcome else None
            tries = 1 if hung(error) else min(tries, TRIES_BEFORE_FALLBACK)
        tried_enough = state.attempt_number >= tries
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
        """Send once, when the endpoint's breaker and a place are free."""
        breaker = self.connection.breaker
        while True:  # ends with the deadline: the breaker raises then
            patient = job.ctx.is_patient and not self._has_fallback
            await breaker.wait(job.ctx.deadline, patient=patient)
            # What a call took is counted once its place is another's: that waits for the database.
            async with AsyncExitStack() as afterwards, self._place(job) as fields:
                if not breaker.admit():  # it opened while a place was waited for
                    continue
                try:
                    return await self._take(job, arguments, fields, dialect, afterwards)
                finally:
                    breaker.release()

    @asynccontextmanager
    async def _place(self, job: Job[ReadT]) -> AsyncIterator[Arguments]:
        """Hold all that a call needs, and give the fields that it carries.

        First the place: slots know no priority, and would be held by who only waits for one.
        """
        async with (
            self.connection.queue.place(job.ctx),
            job.fields.held(job.prompt.name, job.ctx.deadline) as fields,
        ):
            yield fields

    async def _take(
        self,
        job: Job[ReadT],
        arguments: Arguments,
        fields: Arguments,
        dialect: EndpointCompat,
        afterwards: AsyncExitStack,
    ) -> ReadT:
        """Send once, on the record from before it goes out, and take the call from the budget."""
        estimate = estimate_of(arguments, self.endpoint.price)
        begun = begun_call(self.endpoint, self.model, job.prompt, job.ctx)
        begun = replace(begun, attempt=next(job.numbers), adapter=job.fields.adapter)
        undo = self.connection.begin_call(begun)
        try:
            reserved = await self._budget.reserve(estimate, job.ctx)
        except BaseException:
            undo()
            raise
        answer = CallAnswer()
        afterwards.push_async_callback(self._settle, reserved, answer, estimate)
        return await self._read_answer(job, begun, arguments | fields, dialect, answer)

    async def _settle(
        self, reserved: Reserved | None, answer: CallAnswer, estimate: CallEstimate
    ) -> None:
        await self._budget.settle(reserved, amount_taken(answer, estimate, self.endpoint.price))

    async def _read_answer(
        self,
        job: Job[ReadT],
        begun: CallRecord,
        arguments: Arguments,
        dialect: EndpointCompat,
        answer: CallAnswer,
    ) -> ReadT:
        """Send once and return what is read; ``answer`` is told what came, and it is recorded."""
        at = time.monotonic()
        outcome = CallOutcome.CANCELLED
        try:
            answer.body = await self._send_watched(job, arguments)
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
            answer.is_free = is_free(error, answer.body)
            raise
        else:
            outcome = CallOutcome.OK
            return made
        finally:
            await self._keep(begun, time.monotonic() - at, answer.tokens, outcome)

    async def _send_watched(self, job: Job[ReadT], arguments: Arguments) -> bytes:
        """Send, and let the endpoint's breaker and its queue know what that says of it."""
        breaker, queue = self.connection.breaker, self.connection.queue
        kind, began, round_ = job.prompt.name, time.monotonic(), queue.level.round
        try:
            body = await self._send(job, arguments)
        except LLMUnavailable as error:
            after = error.retry_after or 0.0
            if hung(error) or is_too_many(error):
                queue.level.note_refusal(round_)
            breaker.note_failure(error.detail, hung=hung(error), retry_after=after)
            raise
        except (LLMError, _Complained) as error:
            if hung(error):
                breaker.note_hung_look("it did not answer in time.")
            else:
                breaker.note_answer()
            raise
        breaker.note_answer()
        seconds = time.monotonic() - began
        queue.level.note_answer(kind, seconds, round_, is_needed=queue.is_needed)
        return body

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
            raise LLMOverBudget(
                because("The turn's time was up before the model answered.")
            ) from None
        raise LLMUnavailable(
            because(
                "{address} did not answer within {seconds} s.",
                address=self.endpoint.address,
                seconds=f"{self.connection.timeout:g}",
            )
        ) from None

    async def _keep(self, begun: CallRecord, seconds: float, tokens: Tokens, outcome: str) -> None:
        """Record what an attempt came to: in the store, and in the log."""
        made = replace(
            begun,
            seconds=seconds,
            prompt_tokens=tokens.prompt_tokens,
            cached_tokens=tokens.cached_tokens,
            completion_tokens=tokens.completion_tokens,
            cost=cost_of(tokens, self.endpoint.price),
            outcome=outcome,
        )
        log_call(made)
        await self._record(made)
