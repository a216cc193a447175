"""Typed answers: the schema that a model is asked to follow, and the check of what it wrote."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final, NoReturn

from pydantic import BaseModel, ValidationError

from bot.llm.openai_api.thoughts import without_thoughts
from bot.llm.protocol import AnswerT, ChatMessage
from bot.reasons import because

Schema = dict[str, Any]

# What no provider needs, or what several refuse beside a reference.
_DROPPED: Final = frozenset({"title", "default", "examples"})
# Bounds that some providers refuse in a schema; the answer is checked against them anyway.
_BOUNDS: Final = frozenset({
    "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "minItems", "maxItems", "uniqueItems",
})  # fmt: skip
_MOST_SAID: Final = 2000
"""Characters of a useless answer that are sent back: enough to mend, too few to overflow."""
_FENCE: Final = re.compile(r"\A```[a-zA-Z]*\n(.*)\n```\Z", re.DOTALL)


class InvalidAnswer(Exception):
    """An answer is not in the asked form.

    ``problem`` is for the model, to mend it; ``detail`` holds nothing of what was said.
    """

    def __init__(self, problem: str, detail: str, *, said: str, unshaped: bool = False) -> None:
        super().__init__(detail)
        self.problem = problem
        self.detail = detail
        self.said = said
        self.unshaped = unshaped
        """Whether no schema can have been enforced on it."""


@lru_cache(maxsize=64)
def answer_schema(answer: type[BaseModel], *, bounds: bool = True) -> Schema:
    """Return a strict JSON schema: each property required, none besides, in field order."""
    schema = answer.model_json_schema()
    strict: Schema = _strict(schema, schema.get("$defs", {}), bounds=bounds)
    return strict


def _strict(node: Any, definitions: Schema, *, bounds: bool) -> Any:
    if isinstance(node, list):
        return [_strict(item, definitions, bounds=bounds) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:  # a reference must stand alone; what is beside it is only a description
        return {"$ref": node["$ref"]}
    strict: Schema = {}
    for key, value in node.items():
        if key in ("properties", "$defs"):  # their keys are names, not keywords
            strict[key] = {n: _strict(v, definitions, bounds=bounds) for n, v in value.items()}
        elif key not in _DROPPED and (bounds or key not in _BOUNDS):
            strict[key] = _strict(value, definitions, bounds=bounds)
    if "properties" in strict:
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False
    return strict


def instructions(answer: type[BaseModel]) -> str:
    """Return the schema in words, for endpoints that take no schema."""
    schema = json.dumps(answer_schema(answer), ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one JSON object and nothing else. It follows this JSON schema: {schema}"


def repair(
    messages: tuple[ChatMessage, ...], invalid: InvalidAnswer, answer: type[BaseModel] | None
) -> tuple[ChatMessage, ...]:
    """Return the messages with what was wrong with the answer to them, to ask once more."""
    asked = instructions(answer) if answer else "Answer again."
    return (
        *messages,
        ChatMessage("assistant", invalid.said[:_MOST_SAID] or "(nothing)"),
        ChatMessage("user", f"That answer cannot be used. {invalid.problem}\n{asked}"),
    )


def read_answer(text: str, answer: type[AnswerT]) -> AnswerT:
    """Return the typed answer in a model's text; raises InvalidAnswer, never fills a gap."""
    data = _one_object(without_thoughts(text))
    if data is None:
        raise InvalidAnswer(
            "There was not exactly one complete JSON object in it.",
            because("not exactly one complete JSON object"),
            said=text,
            unshaped=True,
        )
    absent = [name for name in answer_schema(answer)["properties"] if name not in data]
    if absent:  # also where the field has a default: what the model left out is not known
        names = ", ".join(absent)
        missing = because("{names} missing", names=names)
        raise InvalidAnswer(f"Missing: {names}.", missing, said=text, unshaped=True)
    try:
        # Strict: `true` is no score of 1, and "90" is no number.
        return answer.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        raise _invalid(error, answer, text) from None


def _invalid(error: ValidationError, answer: type[BaseModel], text: str) -> InvalidAnswer:
    problems, kinds = [], []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        place = ".".join(str(part) for part in problem["loc"]) or "the answer"
        problems.append(f"{place}: {problem['msg']}")
        # A key that the model made up may hold what a person wrote.
        field = problem["loc"][0] if problem["loc"] else "answer"
        kinds.append(f"{field if field in answer.model_fields else '?'} {problem['type']}")
    return InvalidAnswer("\n".join(problems[:10]), ", ".join(kinds[:10]), said=text)


def _one_object(text: str) -> Schema | None:
    """Return the one JSON object in the text: all of it, fenced, or alone among prose; else None.

    Two objects, or a broken one, are None too: to pick a piece of them would be a guess.
    """
    fenced = _FENCE.match(text)
    whole = fenced.group(1) if fenced else text
    start = whole.find("{")
    if start < 0:
        return None
    try:
        value, end = _DECODER.raw_decode(whole, start)
    except (ValueError, RecursionError):
        return None
    if "{" in whole[end:] or whole[:start].rstrip().endswith("["):
        return None
    parsed: Schema = value
    return parsed


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name stands twice")  # which of the two counts would be a guess
    return made


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_no_doubles, parse_constant=_no_constant)
