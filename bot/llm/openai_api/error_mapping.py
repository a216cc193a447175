"""The mapping of a failed request to one of the errors that say what a caller can do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import openai

from bot.errors import (
    LLMError,
    LLMMisconfigured,
    LLMOverBudget,
    LLMRefused,
    LLMUnavailable,
)
from bot.llm.endpoint import Endpoint
from bot.llm.openai_api.compat import ErrorComplaint
from bot.llm.openai_api.transport import BodyTooLarge
from bot.llm.protocol import CallOutcome
from bot.reasons import Reason, because

_PASSING: Final = frozenset({408, 409, 425, 429})
_QUOTA_CODES: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_TOO_LONG: Final = re.compile(r"context[ _](length|size|window)|prompt is too long|too many tokens")
_FILTERED: Final = re.compile(r"content_filter|content management policy|moderation|flagged")
_NO_MODEL: Final = re.compile(r"model_not_found|model\b.{0,80}\b(not found|does not exist)")
_CODE: Final = re.compile(r"[A-Za-z][\w.:-]{1,60}", re.ASCII)
_MOST_TEXT: Final = 4000
_ELSEWHERE: Final = "it sends us elsewhere, and we do not go there. Check {setting}"
_REFUSES_KEY: Final = "it refuses the key. Check {setting}"
_NOTHING: Final = "nothing is there. Check {setting} (it mostly ends in /v1) and {model}"


def complaint_of(error: openai.APIStatusError) -> ErrorComplaint:
    """Return what the endpoint named in refusing a request."""
    text = " ".join((str(error.code or ""), str(error.type or ""), error.message))
    return ErrorComplaint(str(error.param or "").lower(), text[:_MOST_TEXT].lower())


def status_failure(error: openai.APIStatusError, endpoint: Endpoint) -> LLMError:
    """Return the error for an HTTP status that is no success."""
    status = error.status_code
    answered = because(
        "{address} answered HTTP {status}{code}",
        address=endpoint.address,
        status=str(status),
        code=_code(error),
    )
    if str(error.code) in _QUOTA_CODES or status == 402:
        return LLMOverBudget(
            because(
                "{answered}: the account's quota is used up. Its owner has to act.",
                answered=answered,
            )
        )
    if status in _PASSING or status >= 500:
        passing = because("{answered}.", answered=answered)
        return LLMUnavailable(passing, retry_after=retry_after(error.response.headers))
    return _lasting_failure(error, endpoint, answered)


def _lasting_failure(error: openai.APIStatusError, endpoint: Endpoint, said: Reason) -> LLMError:
    """Return the error for a status that will be the same next time."""
    status, text, names = error.status_code, complaint_of(error).text, endpoint.variables
    key, model, url = names.api_key, names.model, names.base_url
    no_model = because("no such model. Check {setting}", setting=model)
    # The first that fits: providers give the same status to quite different things.
    for fits, kind, meaning in (
        (300 <= status < 400, LLMMisconfigured, because(_ELSEWHERE, setting=url)),
        (_FILTERED.search(text), LLMRefused, because("its filter stopped the request")),
        (_TOO_LONG.search(text), LLMRefused, because("the prompt is too long for the model")),
        (status == 413, LLMRefused, because("the prompt is too long for the endpoint")),
        (status in (401, 403), LLMMisconfigured, because(_REFUSES_KEY, setting=key)),
        (error.param == "model", LLMMisconfigured, no_model),
        (_NO_MODEL.search(text), LLMMisconfigured, no_model),
        (status in (404, 405), LLMMisconfigured, because(_NOTHING, setting=url, model=model)),
    ):
        if fits:
            return kind(because("{answered}: {meaning}.", answered=said, meaning=meaning))
    declined = because("it does not take the request")
    return LLMRefused(because("{answered}: {meaning}.", answered=said, meaning=declined))


def connection_failure(error: openai.OpenAIError, endpoint: Endpoint) -> LLMError:
    """Return the error for a request that got no whole answer."""
    if isinstance(error, openai.APITimeoutError):
        return LLMUnavailable(
            because("{address} did not answer in time.", address=endpoint.address)
        )
    if isinstance(error.__cause__, BodyTooLarge):
        return LLMRefused(
            because(
                "{address} answered far more than anybody would read.", address=endpoint.address
            )
        )
    cause = type(error.__cause__ or error).__name__
    return LLMUnavailable(
        because("No answer from {address} ({cause}).", address=endpoint.address, cause=cause)
    )


def outcome_of(error: LLMError) -> str:
    """Return how a call that ended with ``error`` is recorded."""
    by_kind: Mapping[type[LLMError], str] = {
        LLMUnavailable: CallOutcome.UNAVAILABLE,
        LLMRefused: CallOutcome.REFUSED,
        LLMOverBudget: CallOutcome.OVER_BUDGET,
        LLMMisconfigured: CallOutcome.MISCONFIGURED,
    }
    return by_kind[type(error)]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return seconds to wait by ``Retry-After``, a number or date; None if absent or senseless."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        return _until(value)
    # Neither below zero nor beyond a day, infinity and not-a-number included.
    return seconds if 0 <= seconds <= 86_400 else None


def _until(date: str) -> float | None:
    try:
        then = parsedate_to_datetime(date)
    except ValueError:
        return None
    if then.tzinfo is None:  # RFC 9110: such dates are GMT
        then = then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())


def _code(error: openai.APIStatusError) -> str:
    """Return the endpoint's own code in brackets; its message may quote a prompt or a key."""
    named = [str(value) for value in (error.code, error.type) if value]
    code = next((word for word in named if _CODE.fullmatch(word)), "")
    return f" ({code})" if code else ""
