"""The features that a probe reads of a model about a text: inner state, or plain answers.

Either is some numbers for a text in its conversation, always as many and in the same order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

from bot.agents.questions import FARTHEST, ask_yes_no, log_odds
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

QUESTIONS: Final = (
    "press",
    "deny",
    "above",
    "self-absorbed",
    "hurt",
    "friend",
    "admit",
    "help",
    "warm",
    "praise",
)
"""What `YesNoAnswers` asks, by the names in its prompt.

No single answer of a small model says much, and some have nothing to do with harm: together they
tell a cold reply from a firm one, and an apology from an excuse.
"""


class FeatureExtractor(Protocol):
    """A way to read a model."""

    @property
    def name(self) -> str:
        """A name such as ``critic/probe``: the weights of its probe are kept under it."""
        ...

    def version(self, prompts: Prompts) -> str:
        """Return the version of all the wording that decides what is read."""
        ...

    def require(self, prompts: Prompts) -> None:
        """Check what the model is shown; SettingError if a prompt is broken."""
        ...

    async def read(
        self, llm: LLM, prompts: Prompts, ctx: CallContext, **seen: object
    ) -> list[float]:
        """Read the numbers. LLMError if the model does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class HiddenState:
    """The embedding of a prompt of one message, at length 1: the state before the next word."""

    name: str

    def version(self, prompts: Prompts) -> str:
        """Return the prompt's version."""
        return prompts.version(self.name)

    def require(self, prompts: Prompts) -> None:
        """Check the prompt; SettingError if it is broken."""
        prompts.require(self.name, {"conversation", "text"})

    async def read(
        self, llm: LLM, prompts: Prompts, ctx: CallContext, **seen: object
    ) -> list[float]:
        """Read the state, in one call."""
        (vector,) = await llm.embed([prompts.render(self.name, **seen)], ctx)
        length = math.sqrt(math.fsum(value * value for value in vector)) or 1.0
        return [value / length for value in vector]


@dataclass(frozen=True, slots=True)
class YesNoAnswers:
    """The log-odds of a yes to each of `QUESTIONS`, within ±1 for ±6."""

    name: str

    def version(self, prompts: Prompts) -> str:
        """Return the prompt's version."""
        return prompts.version(self.name)

    def require(self, prompts: Prompts) -> None:
        """Check the prompt; SettingError if it is broken."""
        prompts.require(self.name, {"conversation", "text", "question"})

    async def read(
        self, llm: LLM, prompts: Prompts, ctx: CallContext, **seen: object
    ) -> list[float]:
        """Ask as many times as there are questions, one after the other.

        Side by side, a small model on one machine would read the conversation more than once.
        """
        features = []
        for question in QUESTIONS:
            prompt = prompts.render(self.name, question=question, **seen)
            likely = await ask_yes_no(llm, {question: prompt}, ctx)
            features.append(log_odds(likely[question], 1 - likely[question]) / FARTHEST)
        return features
