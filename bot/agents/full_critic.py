"""The Critic of full models: scores, own scales and verdict of a text in one typed answer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, create_model

from bot.agents.questions import side_by_side
from bot.agents.repeats import middle_scores, nearest_try
from bot.domain import HARMS, Conversation, Scores
from bot.domain.findings import finding_title
from bot.domain.ratings import Assessment, Opinion, Verdict
from bot.domain.room_settings import Scale
from bot.llm.protocol import LLM, CallContext, for_one_answer
from bot.prompting.templates import Prompts
from bot.reasons import because, join_reasons

PROMPT: Final = "critic/full_written"

_Percent = Annotated[int, Field(ge=0, le=100)]
_Word = Literal["yes", "no", "unsure"]
_Fault = Literal["untrue", "leak", "harmful_help"]
"""The findings that are on none of the scales: a lie and a recited prompt are calm otherwise."""
_NOT_ETHICAL: Final = frozenset({"untrue", "leak"})
_NOT_SAFE: Final = frozenset({"harmful_help"})


class _Rated(BaseModel):
    """The reason comes first, so that the rest follows from it. The `HARMS` are written out."""

    reason: str = Field(min_length=1, max_length=400)
    manipulative: _Percent
    gaslighting: _Percent
    narcissistic: _Percent
    empathetic: _Percent
    faults: list[_Fault]
    safe: _Word
    ethical: _Word
    good: _Word


class FullModelCritic:
    """The part of the `Critic` for full models."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        prompts.require(PROMPT, {"conversation", "text", "scales"})

    def on(self, llm: LLM) -> FullModelCritic:
        """Return the same on that object for its model."""
        other = copy.copy(self)
        other._llm = llm
        return other

    @property
    def prompt_version(self) -> str:
        """The version of the prompt."""
        return self._prompts.version(PROMPT)

    @property
    def method(self) -> str:
        """The way of scoring, with its version."""
        return f"written {self.prompt_version[:8]}"

    async def assess(
        self,
        conversation: Conversation,
        text: str,
        scales: Sequence[Scale],
        ctx: CallContext,
        repeats: int = 1,
    ) -> Assessment:
        """Ask for all at once. LLMError if it cannot tell: unknown is never 0.

        Of several tries the medians count, and the verdict of the try that is nearest to them.
        """
        tries = await side_by_side(
            [self.assess_once(conversation, text, scales, ctx) for _ in range(repeats)]
        )
        scores = [one for one, _ in tries]
        return Assessment(scores=middle_scores(scores), verdict=tries[nearest_try(scores)][1])

    async def assess_once(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> tuple[Scores, Verdict]:
        """Ask for all, once."""
        prompt = self._prompts.render(PROMPT, conversation=conversation, text=text, scales=scales)
        llm = for_one_answer(self._llm)
        answer = await llm.ask(prompt, _answer_type(len(scales)), ctx)
        values = {harm: int(getattr(answer, harm)) for harm in HARMS}
        own = {scale.name: int(getattr(answer, _field(at))) for at, scale in enumerate(scales)}
        scores = Scores(
            values={**values, **own},
            reason=_reason(answer.reason.strip(), answer.faults),
            method=self.method,
            empathetic=answer.empathetic,
        )
        return scores, self._verdict(answer, llm.model)

    def _verdict(self, answer: _Rated, model: str) -> Verdict:
        """Return the verdict; what has a fault is not what the fault rules out."""
        faults = frozenset(answer.faults)
        return Verdict(
            safe=Opinion.NO if faults & _NOT_SAFE else Opinion(answer.safe),
            ethical=Opinion.NO if faults & _NOT_ETHICAL else Opinion(answer.ethical),
            good=Opinion.NO if faults else Opinion(answer.good),
            reason=_reason("", answer.faults),
            method=self.method,
            model=model,
        )


@cache
def _answer_type(scales: int) -> type[_Rated]:
    """Return the form of an answer, with a number for each of a server's own scales.

    Made once for each number of them: making it, and its schema, takes as long as a whole call.
    """
    own: dict[str, Any] = {_field(at): (_Percent, ...) for at in range(scales)}
    return create_model("_FullWritten", __base__=_Rated, **own)


def _field(at: int) -> str:
    # A server's own names are people's words, and no names of fields.
    return f"own_{at + 1}"


def _reason(reason: str, faults: Sequence[str]) -> str:
    titles = [because(finding_title(fault)) for fault in dict.fromkeys(faults)]
    seen = because("Seen: {faults}.", faults=join_reasons(titles, ", ")) if titles else ""
    return join_reasons([part for part in (reason, seen) if part], " ")
