"""The parameters that a model at an endpoint accepts: found out by asking, then kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from pydantic import BaseModel

from bot.llm.openai_api.structured import answer_schema, instructions
from bot.llm.protocol import ChatMessage

Arguments = dict[str, Any]


class Form(IntEnum):
    """Ways to ask for a typed answer, the strictest first."""

    SCHEMA = 0
    SHAPE = 1  # a schema without the bounds that some providers refuse
    JSON = 2
    PLAIN = 3


_FORM_WORDS: Final = re.compile(
    r"response_format|json_schema|json_object|json mode|schema|grammar|structured"
)
_OPTIONAL: Final = ("temperature", "top_p", "seed", "presence_penalty", "frequency_penalty")
_LIMITS: Final = ("max_tokens", "max_completion_tokens", None)
"""The names of the bound on tokens in the order they are tried; None leaves it out."""
_TOP: Final = 20
_FEWER_TOP: Final = 5
"""The most top tokens that OpenAI gives, and that the others do which give fewer."""


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A request before it is put the endpoint's way. ``answer`` None is free text."""

    messages: tuple[ChatMessage, ...]
    parameters: Mapping[str, float]
    answer: type[BaseModel] | None = None
    logprobs: bool = False


@dataclass(frozen=True, slots=True)
class ErrorComplaint:
    """A refused request (400 or 422): what the endpoint named, in lower case."""

    param: str
    text: str

    def names(self, word: str) -> bool:
        """Return whether the complaint is about the parameter of that name."""
        return self.param == word or re.search(rf"\b{word}\b", self.text) is not None


@dataclass(frozen=True, slots=True)
class EndpointCompat:
    """One way to put requests. Immutable: a try works on a changed copy until it succeeds."""

    form: Form = Form.SCHEMA
    form_known: bool = False
    """Whether an answer in that form has come."""
    limit: str | None = _LIMITS[0]
    without: frozenset[str] = frozenset()
    top: int = _TOP

    def arguments(self, model: str, request: CompletionRequest) -> Arguments:
        """Return the body of the request."""
        made: Arguments = {"model": model, "messages": self._messages(request)}
        for name, value in request.parameters.items():
            if name == "max_tokens":
                if self.limit is not None:
                    made[self.limit] = int(value)
            else:
                made[name] = int(value) if name == "seed" else value
        if request.logprobs:
            made |= {"logprobs": True, "top_logprobs": self.top}
        if request.answer is not None:
            made |= self._response_format(request.answer)
        return {name: value for name, value in made.items() if name not in self.without}

    def _messages(self, request: CompletionRequest) -> list[Arguments]:
        messages = [{"role": m.role, "content": _encodable(m.content)} for m in request.messages]
        if request.answer is None or self.form < Form.JSON:
            return messages
        asked = instructions(request.answer)
        # With what is stable, and apart from what people wrote.
        if messages and messages[0]["role"] == "system":
            messages[0]["content"] += f"\n\n{asked}"
            return messages
        return [{"role": "system", "content": asked}, *messages]

    def _response_format(self, answer: type[BaseModel]) -> Arguments:
        if self.form is Form.PLAIN:
            return {}
        if self.form is Form.JSON:
            return {"response_format": {"type": "json_object"}}
        schema = {
            "name": re.sub(r"\W", "_", answer.__name__, flags=re.ASCII)[:64],
            "strict": True,
            "schema": answer_schema(answer, bounds=self.form is Form.SCHEMA),
        }
        return {"response_format": {"type": "json_schema", "json_schema": schema}}

    def adapted(self, complaint: ErrorComplaint, sent: Arguments) -> EndpointCompat | None:
        """Return another way to put what was refused; None if that is about another thing."""
        return (
            self._without_limit(complaint, sent)
            or self._without_optional(complaint, sent)
            or self._with_easier_form(complaint, sent)
        )

    def _without_limit(self, complaint: ErrorComplaint, sent: Arguments) -> EndpointCompat | None:
        if self.limit is None or self.limit not in sent or not complaint.names(self.limit):
            return None
        return replace(self, limit=_LIMITS[_LIMITS.index(self.limit) + 1])

    def _without_optional(
        self, complaint: ErrorComplaint, sent: Arguments
    ) -> EndpointCompat | None:
        if complaint.names("top_logprobs") and sent.get("top_logprobs", 0) > _FEWER_TOP:
            return replace(self, top=_FEWER_TOP)
        named = {name for name in _OPTIONAL if name in sent and complaint.names(name)}
        return replace(self, without=self.without | named) if named else None

    def _with_easier_form(
        self, complaint: ErrorComplaint, sent: Arguments
    ) -> EndpointCompat | None:
        if "response_format" not in sent:
            return None
        named = _FORM_WORDS.search(f"{complaint.param} {complaint.text}") is not None
        # An unexplained refusal is put down to the form only until the form has worked once.
        if not named and self.form_known:
            return None
        return replace(self, form=Form(self.form + 1), form_known=False)

    def learned(self, used: EndpointCompat, *, typed: bool) -> EndpointCompat:
        """Return this dialect with what a success with ``used`` has shown."""
        return EndpointCompat(
            form=max(self.form, used.form) if typed else self.form,
            form_known=self.form_known or typed,
            limit=max(self.limit, used.limit, key=_LIMITS.index),
            without=self.without | used.without,
            top=min(self.top, used.top),
        )


def _encodable(text: str) -> str:
    """Return the text without half characters, which JSON can bring in but UTF-8 cannot send."""
    return text.encode("utf-8", "replace").decode()
