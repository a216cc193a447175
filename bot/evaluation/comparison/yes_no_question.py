"""One yes/no question to a model, whether it gives probabilities or not."""

from __future__ import annotations

from pydantic import BaseModel

from bot.agents.questions import NO, YES
from bot.llm.protocol import LLM, CallContext, Prompt


class _YesOrNo(BaseModel):
    yes: bool


async def likelihood(llm: LLM, prompt: Prompt, ctx: CallContext) -> float:
    """Return the likelihood of "Yes", 0-1; 0 or 1 if the model only writes. LLMError if unknown."""
    if llm.gives_probabilities:
        return (await llm.probabilities(prompt, (YES, NO), ctx))[YES]
    return float((await llm.ask(prompt, _YesOrNo, ctx)).yes)
