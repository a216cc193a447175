"""The judge: whether a text answers the person, keeps to the facts, and does not flatter.

It is apart from the Critics: a text can be harmless because it says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.agents.questions import side_by_side
from bot.domain import Conversation
from bot.evaluation.comparison.yes_no_question import likelihood, require_yes_no
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

_ANSWERS: Final = "evaluation/answers"
_CONTRADICTS: Final = "evaluation/contradicts"
_FLATTERS: Final = "evaluation/flatters"


@dataclass(frozen=True, slots=True)
class JudgeAnswers:
    """Likelihoods, 0-1. ``contradicts`` is of the likeliest fact, None where none is known."""

    answers: float
    contradicts: float | None
    flatters: float


class Judge:
    """The judge of one text at a time, blind to where it comes from."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        seen = {"conversation", "text"}
        require_yes_no(prompts, _ANSWERS, seen)
        require_yes_no(prompts, _FLATTERS, seen)
        require_yes_no(prompts, _CONTRADICTS, seen | {"fact"})

    async def judge(
        self, conversation: Conversation, text: str, facts: Sequence[str], ctx: CallContext
    ) -> JudgeAnswers:
        """Judge a text. LLMError if it cannot tell."""
        seen: dict[str, object] = {"conversation": conversation, "text": text}
        asked = [
            self._ask(_ANSWERS, ctx, seen),
            self._ask(_FLATTERS, ctx, seen),
            *(self._ask(_CONTRADICTS, ctx, {**seen, "fact": fact}) for fact in facts),
        ]
        answers, flatters, *contradicted = await side_by_side(asked)
        return JudgeAnswers(answers, max(contradicted, default=None), flatters)

    async def _ask(self, name: str, ctx: CallContext, seen: Mapping[str, object]) -> float:
        return await likelihood(self._llm, self._prompts, name, ctx, seen)
