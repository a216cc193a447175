"""Examples as tokens, with the beginning that all of them share told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.errors import SettingError
from bot.learning.tuning.examples import Example
from bot.llm.embedded.server import CONTEXT

LONGEST: Final = CONTEXT
"""Most tokens of a prompt and its answer: more is never asked of the embedded model."""


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A prompt and an answer, after the shared beginning: ``start`` is where the answer begins."""

    ids: tuple[int, ...]
    start: int

    @property
    def answer(self) -> tuple[int, ...]:
        """Return the tokens whose likelihood counts."""
        return self.ids[self.start :]


@dataclass(frozen=True, slots=True)
class TokenExample:
    """An example with its answers in tokens; what it does not have is None."""

    example: Example
    chosen: TokenRow
    rejected: TokenRow | None = None
    verdicts: tuple[TokenRow, TokenRow] | None = None

    @property
    def rows(self) -> tuple[TokenRow, ...]:
        """Return the rows that are trained on."""
        return (self.chosen,) if self.rejected is None else (self.chosen, self.rejected)


@dataclass(frozen=True, slots=True)
class TokenSet:
    """The examples in tokens, and the tokens that all their prompts begin with."""

    prefix: tuple[int, ...]
    examples: tuple[TokenExample, ...]


def tokenise(examples: Sequence[Example], tokenizer: Any) -> TokenSet:
    """Return the examples in tokens; SettingError names one that is too long.

    A prompt is turned to tokens as a whole, and the answer apart: so the model meets them.
    """
    prompts = [_prompt_ids(example, tokenizer) for example in examples]
    # Each row keeps a token of its own before the answer: the first of the answer follows it.
    shared = min(_shared_length(prompts), min(map(len, prompts)) - 1)
    rows = [
        _token_example(example, ids, shared, tokenizer)
        for example, ids in zip(examples, prompts, strict=True)
    ]
    return TokenSet(tuple(prompts[0][:shared]), tuple(rows))


def _shared_length(rows: Sequence[list[int]]) -> int:
    """Return how many tokens all rows begin with."""
    # What the first and the last in order share is shared by all between them.
    first, last = min(rows), max(rows)
    pairs = enumerate(zip(first, last, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(first), len(last)))


def _prompt_ids(example: Example, tokenizer: Any) -> list[int]:
    messages = [{"role": said.role, "content": said.content} for said in example.messages]
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    return list(tokenizer(text, add_special_tokens=False).input_ids)


def _token_example(
    example: Example, prompt: Sequence[int], shared: int, tokenizer: Any
) -> TokenExample:
    own = tuple(prompt[shared:])

    def row(answer: str, *, ends: bool = True) -> TokenRow:
        ids = tokenizer(answer, add_special_tokens=False).input_ids
        ids = [*ids, tokenizer.eos_token_id] if ends else ids[:1]
        if len(prompt) + len(ids) > LONGEST:
            raise SettingError(
                f"The row {example.id!r} has {len(prompt) + len(ids)} tokens with its prompt; "
                f"{LONGEST} are the most."
            )
        return TokenRow(own + tuple(ids), len(own))

    verdicts = example.verdicts and (
        row(example.verdicts[0], ends=False),
        row(example.verdicts[1], ends=False),
    )
    rejected = None if example.rejected is None else row(example.rejected)
    return TokenExample(example, row(example.chosen), rejected, verdicts or None)
