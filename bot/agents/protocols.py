"""The roles of the agents in the rooms: what a language model, a control or a test plays.

On a language model they are `LLMChatbot`, `LLMTherapist` and `LLMCritic`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, Self

from bot.domain import (
    Conversation,
    Lessons,
    Reflection,
    ReplyChange,
    Review,
    Scores,
    StateAnswer,
)
from bot.domain.ratings import Assessment, Verdict
from bot.domain.room_settings import CriticMethod, Scale
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import CallContext


class Reviser(Protocol):
    """The Chatbot's part of a session: hears the Therapist and writes anew."""

    async def reflect(
        self, context: TurnContext, ctx: CallContext, *, complaint: str | None = None
    ) -> Reflection:
        """Give reflection, decision and revised response at once. LLMError if there is none.

        ``complaint`` says all that a check in code found wrong with the tries so far, which are in
        the context.
        """
        ...


class Chatbot(Reviser, Protocol):
    """The agent that writes drafts, reflects with the Therapist, and says how it is doing."""

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        ...

    async def draft(self, context: TurnContext, ctx: CallContext) -> str:
        """Write the hypothetical response, before therapy. Never empty; LLMError if there is none.

        The turn has no text yet.
        """
        ...

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        """Say how the Chatbot is doing in that turn, to a moderator who asks."""
        ...

    async def learned(
        self, context: TurnContext, changes: Sequence[ReplyChange], ctx: CallContext
    ) -> Lessons:
        """Say what it learned from what therapy changed, newest first, in the latest turn's room.

        With a full model also what it would have said without the therapy.
        """
        ...


class Therapist(Protocol):
    """The agent that reviews a text in its conversation before it goes out."""

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        ...

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Review the text under work, one step in line. LLMError if it cannot say."""
        ...

    async def compare(
        self, context: TurnContext, texts: Sequence[str], ctx: CallContext
    ) -> Sequence[int]:
        """Say how well each text would answer, 0-100. LLMError if it cannot say.

        Asked only after a review that says how well the text under work fits.
        """
        ...

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:
        """Say if a text in any language tells of the session. LLMError if it cannot say."""
        ...


class Critic(Protocol):
    """The agent that scores a text in its conversation, not knowing if it is draft or reply.

    So it gets no `TurnContext`, which would tell.
    """

    @property
    def model(self) -> str:
        """The id of the model that scores."""
        ...

    @property
    def prompt_version(self) -> str:
        """The version of the prompt that scoring uses."""
        ...

    def as_set(self, repeats: int, method: CriticMethod) -> Self:
        """Return this Critic as a room has it set."""
        ...

    async def score(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        """Give the three scores, 0-100. LLMError if it cannot tell: unknown is never 0."""
        ...

    async def assess(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> Assessment:
        """Score a text, on a server's own scales too where that works. LLMError as of `score`."""
        ...

    async def score_scales(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> dict[str, int]:
        """Score a text on a server's own scales, 0-100. LLMError if it cannot tell."""
        ...

    async def verdict(self, conversation: Conversation, text: str, ctx: CallContext) -> Verdict:
        """Judge if the conversation with that reply is safe, ethical and good."""
        ...
