"""The Therapist on a language model: what it sees in a text before it goes out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.agents.full_model import FullModelTherapist
from bot.agents.small_model.short_review import SmallModelTherapist
from bot.agents.strategies import TherapistStrategy
from bot.domain import Review
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts


class LLMTherapist:
    """The `Therapist` that a language model plays."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts of both strategies at start; a broken one raises SettingError."""
        self._llm = llm
        full, small = FullModelTherapist(llm, prompts), SmallModelTherapist(llm, prompts)
        self._strategy: TherapistStrategy = small if llm.small else full

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self._llm.model

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Review the text under work; see `Therapist`."""
        return await self._strategy.review(context, ctx)

    async def compare(
        self, context: TurnContext, texts: Sequence[str], ctx: CallContext
    ) -> Sequence[int]:
        """Say how well each text would answer, 0-100; see `Therapist`."""
        return await self._strategy.compare(context, texts, ctx)

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:
        """Say if a text tells of the session; see `Therapist`."""
        return await self._strategy.sees_leak(text, ctx)
