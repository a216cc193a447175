"""What a request came to: its answer, what it counts for in budgets, and how it failed."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import openai
import structlog

from bot.domain.limits import Amount
from bot.errors import EndpointAway, LLMError, LLMUnavailable
from bot.llm.call_budget import CallEstimate, amount_of
from bot.llm.endpoint import Endpoint, Price
from bot.llm.openai_api.responses import Tokens
from bot.llm.protocol import CallContext, CallOutcome, CallRecord, Prompt

_log = structlog.get_logger(__name__)
_MARK_BITS: Final = 62
"""Of the random number that tells a call under way from others: a positive one in any database."""


@dataclass(slots=True)
class CallAnswer:
    """What came of a request: nothing yet, a body with its tokens, or a refusal without cost."""

    body: bytes | None = None
    tokens: Tokens = field(default_factory=Tokens)
    is_free: bool = False


def amount_taken(answer: CallAnswer, estimate: CallEstimate, price: Price | None) -> Amount:
    """Return what a call took; what nobody can tell counts as it was estimated."""
    tokens = answer.tokens
    if tokens.prompt_tokens or tokens.completion_tokens:
        return amount_of(
            tokens.prompt_tokens, tokens.completion_tokens, price, cached=tokens.cached_tokens
        )
    if answer.is_free:
        return Amount(calls=1)
    if answer.body is None:
        return estimate.amount
    # An endpoint that does not count.
    said = min(estimate.completion_tokens, len(answer.body))
    return amount_of(estimate.prompt_tokens, said, price)


def cost_of(tokens: Tokens, price: Price | None) -> float | None:
    """Return US dollars for a call; None where the price is not known."""
    if price is None:
        return None
    return price.cost(
        prompt=tokens.prompt_tokens,
        cached=tokens.cached_tokens,
        completion=tokens.completion_tokens,
    )


def is_passing(error: BaseException) -> bool:
    """Return whether another try may help; what is known to be away was not even tried."""
    return isinstance(error, LLMUnavailable) and not isinstance(error, EndpointAway)


def hung(error: BaseException | None) -> bool:
    """Return whether an error came of a call that nothing answered in time."""
    cause = None if error is None else error.__context__
    return isinstance(cause, TimeoutError | openai.APITimeoutError)


def is_too_many(error: BaseException) -> bool:
    """Return whether an error came of HTTP 429: fewer calls at once, or in a minute, are wanted."""
    return isinstance(error.__context__, openai.RateLimitError)


def is_free(error: LLMError, body: bytes | None) -> bool:
    """Return whether a failure is one that no provider bills: no answer that makes sense came.

    An answer that did not come in time may have been written all the same.
    """
    if hung(error):
        return False
    return body is None or isinstance(error, LLMUnavailable)


def begun_call(endpoint: Endpoint, model: str, prompt: Prompt, ctx: CallContext) -> CallRecord:
    """Return the record of a call as it stands until there is an answer, or for good."""
    return CallRecord(
        agent=endpoint.agent,
        model=model,
        prompt_name=prompt.name,
        prompt_version=prompt.version,
        turn_id=ctx.turn_id,
        room_id=ctx.room_id,
        attempt=1,
        started_at=datetime.now(UTC),
        seconds=0.0,
        prompt_tokens=0,
        cached_tokens=0,
        completion_tokens=0,
        cost=None,
        outcome=CallOutcome.CANCELLED,
        fallback=endpoint.is_fallback,
        mark=random.getrandbits(_MARK_BITS),
    )


def log_call(made: CallRecord) -> None:
    """Put a call into the log, without a word of what was said."""
    is_usual = made.outcome in (CallOutcome.OK, CallOutcome.CANCELLED)
    _log.log(
        logging.INFO if is_usual else logging.WARNING,
        "llm_call",
        agent=made.agent.value,
        model=made.model,
        prompt=made.prompt_name,
        turn_id=made.turn_id,
        room_id=made.room_id,
        attempt=made.attempt,
        seconds=round(made.seconds, 3),
        outcome=made.outcome,
        prompt_tokens=made.prompt_tokens,
        completion_tokens=made.completion_tokens,
    )
