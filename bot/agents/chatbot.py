"""The Chatbot on a language model: its draft, its part of a session, its answers to moderators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.agents.full_model import FullModelChatbot
from bot.agents.protocols import Chatbot
from bot.agents.small_model.rewrite import SmallModelChatbot
from bot.agents.strategies import ChatbotStrategy
from bot.domain import Lessons, Reflection, ReplyChange, StateAnswer
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts


class LLMChatbot:
    """The `Chatbot` that a language model plays."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts of both strategies at start; a broken one raises SettingError."""
        self._llm = llm
        full, small = FullModelChatbot(llm, prompts), SmallModelChatbot(llm, prompts)
        self._strategy: ChatbotStrategy = small if llm.small else full

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self._llm.model

    async def draft(self, context: TurnContext, ctx: CallContext) -> str:
        """Write the hypothetical response; see `Chatbot`."""
        return await self._strategy.draw(context, ctx)

    async def reflect(
        self, context: TurnContext, ctx: CallContext, *, complaint: str | None = None
    ) -> Reflection:
        """Give reflection, decision and revised response in one call; see `Reviser`."""
        return await self._strategy.reflect(context, ctx, complaint)

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        """Say how the Chatbot is doing; see `Chatbot`."""
        return await self._strategy.answer_query(context, question, ctx)

    async def learned(
        self, context: TurnContext, changes: Sequence[ReplyChange], ctx: CallContext
    ) -> Lessons:
        """Say what it learned; see `Chatbot`."""
        return await self._strategy.learned(context, changes, ctx)


@dataclass(frozen=True, slots=True)
class PrewrittenChatbot:
    """A Chatbot whose drafts were written beforehand, as an example wants them."""

    chatbot: Chatbot
    text: str

    @property
    def model(self) -> str:
        """The id of the model that answers the rest."""
        return self.chatbot.model

    async def draft(self, context: TurnContext, ctx: CallContext) -> str:  # noqa: ARG002
        """Return the draft that was written beforehand."""
        return self.text

    async def reflect(
        self, context: TurnContext, ctx: CallContext, *, complaint: str | None = None
    ) -> Reflection:
        """Reflect as the other does."""
        return await self.chatbot.reflect(context, ctx, complaint=complaint)

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        """Answer as the other does."""
        return await self.chatbot.answer_query(context, question, ctx)

    async def learned(
        self, context: TurnContext, changes: Sequence[ReplyChange], ctx: CallContext
    ) -> Lessons:
        """Answer as the other does."""
        return await self.chatbot.learned(context, changes, ctx)
