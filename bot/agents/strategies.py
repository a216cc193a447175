"""The strategies of Chatbot and Therapist: one for full models, one for small ones.

An agent takes one of them when it is made, and never asks again how large its model is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from bot.domain import Lessons, Reflection, ReplyChange, Review, StateAnswer
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import CallContext, Prompt

RETRY_SAMPLING: Final[Mapping[str, float]] = {"temperature": 0.9}
"""Sampling after a text was turned down: the same sampling tends to the same text."""


class ChatbotStrategy(Protocol):
    """The shape in which a Chatbot's model is asked."""

    def draft_prompt(self, context: TurnContext) -> Prompt:
        """Return what is asked for a draft."""
        ...

    async def draw(self, context: TurnContext, ctx: CallContext) -> str:
        """Write a draft. Never empty; LLMError if there is none."""
        ...

    async def reflect(
        self, context: TurnContext, ctx: CallContext, complaint: str | None
    ) -> Reflection:
        """Give reflection, decision and revised response; see `Reviser`."""
        ...

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        """Say how the Chatbot is doing; see `Chatbot`."""
        ...

    async def learned(
        self, context: TurnContext, changes: Sequence[ReplyChange], ctx: CallContext
    ) -> Lessons:
        """Say what it learned; see `Chatbot`."""
        ...


class TherapistStrategy(Protocol):
    """The shape in which a Therapist's model is asked."""

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Review the text under work; see `Therapist`."""
        ...

    async def compare(
        self, context: TurnContext, texts: Sequence[str], ctx: CallContext
    ) -> Sequence[int]:
        """Say how well each text would answer, 0-100; see `Therapist`."""
        ...

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:
        """Say if a text tells of the session; see `Therapist`."""
        ...


def has_guidance_left(context: TurnContext) -> bool:
    """Return whether a moderator's words wait to be worked in: the Chatbot has yet to reflect."""
    return bool(context.words) and not any(said.reflection for said in context.session)
