"""The budget that each call is taken from: reserved before it, settled after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from bot.domain.limits import NANO, Amount
from bot.llm.endpoint import Price
from bot.llm.protocol import CallContext

ANSWER_TOKENS: Final = 4_096
"""Expected at most of an answer that is asked for without a bound."""
_A_MESSAGE: Final = 16
"""Tokens for a message's role and limits, in the chat formats that are in use."""


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """The most that a call can take: tokens of the prompt and of the answer, and their price."""

    prompt_tokens: int
    completion_tokens: int
    price: Price | None = None

    @property
    def amount(self) -> Amount:
        """Return it as what is counted."""
        return amount_of(self.prompt_tokens, self.completion_tokens, self.price)


class Reserved(Protocol):
    """What is held for one call until it is settled."""

    @property
    def amount(self) -> Amount:
        """The amount that is held."""
        ...


class CallBudget(Protocol):
    """The keeper of what calls may take."""

    async def reserve(self, estimate: CallEstimate, ctx: CallContext, /) -> Reserved | None:
        """Hold what a call can take. Raises LLMOverBudget where a limit does not allow it."""
        ...

    async def settle(self, reserved: Reserved | None, took: Amount, /) -> None:
        """Count what the call took in place of what was held for it."""
        ...


class Unlimited:
    """The budget of whoever runs the bot for themself: nothing is counted or refused."""

    async def reserve(self, _: CallEstimate, __: CallContext) -> Reserved | None:
        """See `CallBudget`."""
        return None

    async def settle(self, _: Reserved | None, __: Amount) -> None:
        """See `CallBudget`."""


UNLIMITED: Final = Unlimited()


def estimate_of(arguments: Mapping[str, Any], price: Price | None) -> CallEstimate:
    """Return the most that a request can take, from its body.

    No tokenizer in use makes more tokens of a text than it has bytes.
    """
    messages = arguments.get("messages", ())
    texts = [str(message.get("content", "")) for message in messages]
    texts.extend(map(str, arguments.get("input", ())))
    if "response_format" in arguments:
        texts.append(str(arguments["response_format"]))
    prompt = sum(len(text.encode("utf-8", "replace")) + _A_MESSAGE for text in texts)
    if "input" in arguments:
        return CallEstimate(prompt, 0, price)
    bound = arguments.get("max_tokens") or arguments.get("max_completion_tokens")
    return CallEstimate(prompt, int(bound or ANSWER_TOKENS), price)


def amount_of(prompt: int, completion: int, price: Price | None, *, cached: int = 0) -> Amount:
    """Return one call with these tokens; without a price it costs nothing that is known."""
    cost = price.cost(prompt=prompt, cached=cached, completion=completion) if price else 0.0
    return Amount(1, prompt + completion, round(cost * NANO))
