"""The parts that are read of an endpoint's answers, checked: endpoints differ in all the rest."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import LLMUnavailable
from bot.reasons import because

Body = TypeVar("Body", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class TopToken(_Part):
    """A token that could have stood at a place, with the logarithm of its probability."""

    token: str
    logprob: float


class TokenPlace(_Part):
    """One place of an answer, with the likeliest tokens for it."""

    top_logprobs: list[TopToken] = []


class LogProbs(_Part):
    """The places of an answer, in order; None where the endpoint counts no tokens."""

    content: list[TokenPlace] | None = None


class AnswerMessage(_Part):
    """The words of the model, or its refusal."""

    content: str | list[Any] | None = None
    """A text, or parts of which some may hold a thought: see `thoughts.text_of`."""
    refusal: str | None = None


class CompletionChoice(_Part):
    """One answer. ``finish_reason`` is among others stop, length, content_filter."""

    message: AnswerMessage
    finish_reason: str | None = None
    logprobs: LogProbs | None = None


class Completion(_Part):
    """The answer to a chat completion: at least one choice, or it is none."""

    choices: list[CompletionChoice] = Field(min_length=1)


class ModelEntry(_Part):
    """One model of an endpoint."""

    id: str


class ModelList(_Part):
    """The answer to a request for the models."""

    data: list[ModelEntry]


class EmbeddingEntry(_Part):
    """One vector; ``index`` is the number of the text it belongs to."""

    index: int
    embedding: list[float]


class EmbeddingList(_Part):
    """The answer to a request for embeddings."""

    data: list[EmbeddingEntry]


class _Cached(_Part):
    cached_tokens: int | None = None


class Tokens(_Part):
    """Tokens of one call; zeros where the endpoint does not count."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _Cached | None = None

    @property
    def cached_tokens(self) -> int:
        """The number of the prompt's tokens that the provider had cached."""
        details = self.prompt_tokens_details
        return (details.cached_tokens or 0) if details else 0


class _Counted(_Part):
    usage: Tokens | None = None


def read(body: bytes, kind: type[Body], where: str) -> Body:
    """Return the body as ``kind``; LLMUnavailable says what came instead, without quoting it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        start = body.lstrip()[:1]
        if not start:
            came = because("nothing")
        elif start == b"<":
            came = because("a web page (does the address end in /v1?)")
        elif any(problem["type"] == "json_invalid" for problem in error.errors()):
            came = because("broken JSON")
        else:
            came = because("JSON of another shape")
    raise LLMUnavailable(
        because(
            "{address} answered {what} where an answer of the OpenAI API is due.",
            address=where,
            what=came,
        )
    )


def read_tokens(body: bytes) -> Tokens:
    """Return the tokens counted; a count that makes no sense never spoils an answer."""
    try:
        return _Counted.model_validate_json(body).usage or Tokens()
    except ValidationError:
        return Tokens()
