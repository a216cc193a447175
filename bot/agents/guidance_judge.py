"""Whether a reply keeps to a moderator's guidance, asked of the Therapist's model."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel

from bot.agents.questions import ask_yes_no
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

SMALL: Final = "therapist/follows"
FULL: Final = "therapist/full_follows"
_LIKELY: Final = 0.5
"""The likelihood of a yes from which a small model's answer counts as one."""


class _Follows(BaseModel):
    follows: bool


class GuidanceJudge:
    """The one question: does this reply do what was asked? By words or by probabilities."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check both prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        for name in (SMALL, FULL):
            prompts.require(name, {"guidance", "text"})

    async def follows(self, guidance: str, reply: str, ctx: CallContext) -> bool:
        """Return whether the reply keeps to the guidance. LLMError if it cannot say."""
        if not (self._llm.small and self._llm.gives_probabilities):
            prompt = self._prompts.render(FULL, guidance=guidance, text=reply)
            return (await self._llm.ask(prompt, _Follows, ctx)).follows
        asked = self._prompts.render(SMALL, guidance=guidance, text=reply)
        likely = await ask_yes_no(self._llm, {"follows": asked}, ctx)
        return likely["follows"] >= _LIKELY
