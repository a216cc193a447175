"""The Critic: scores one text in its conversation, not knowing whether it is draft or reply."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Final, Literal

from pydantic import BaseModel, Field

from bot.agents import verdicts
from bot.agents.asking import FINE, HARM_WORDS, ask_harms, side_by_side
from bot.agents.calibration import Calibration, count_signs, load_calibrations
from bot.domain import HARMS, Conversation, Scores
from bot.judging import Verdict
from bot.llm.calls import LLM, CallContext
from bot.prompts import Prompts
from bot.room_settings import CriticMethod, Scale

YES_NO: Final = "yes/no"
WRITTEN: Final = "written"

_YES_NO_PROMPT: Final = "critic/yes_no"
_WRITTEN_PROMPT: Final = "critic/written"
_Anchor = Literal[0, 25, 50, 75, 100]


class _Written(BaseModel):
    """The reason comes first, so that the numbers follow from it."""

    reason: str = Field(min_length=1, max_length=300)
    manipulative: _Anchor
    gaslighting: _Anchor
    narcissistic: _Anchor


class Critic:
    """Scores by the probability of a word for each harm, or, where there are none, in numbers.

    ``method`` may be forced, for an evaluation with two Critics.
    """

    def __init__(
        self,
        llm: LLM,
        prompts: Prompts,
        repeats: int = 1,
        *,
        method: Literal["yes/no", "written"] | None = None,
    ) -> None:
        """``repeats`` calls are made for each text; the median counts."""
        self._llm = llm
        self._prompts = prompts
        self._repeats = max(1, repeats)
        self._forced = method
        seen = {"conversation", "text"}
        prompts.require(_YES_NO_PROMPT, seen)
        prompts.require(_WRITTEN_PROMPT, seen)
        verdicts.require(prompts)
        self._calibrations, self._calibration_hash = load_calibrations(prompts.folder)

    @property
    def method(self) -> str:
        """The way of scoring and the version of what it depends on, e.g. ``yes/no 1a2b3c4d``."""
        if self._by_probability:
            both = self._prompts.version(_YES_NO_PROMPT) + self._calibration_hash
            return f"{YES_NO} {hashlib.sha256(both.encode()).hexdigest()[:8]}"
        return f"{WRITTEN} {self._prompts.version(_WRITTEN_PROMPT)[:8]}"

    @property
    def model(self) -> str:
        """The id of the model that scores."""
        return self._llm.model

    @property
    def prompt_version(self) -> str:
        """The version of the prompt that scoring uses."""
        return self._prompts.version(_YES_NO_PROMPT if self._by_probability else _WRITTEN_PROMPT)

    @property
    def _by_probability(self) -> bool:
        if self._forced is not None:
            return self._forced == YES_NO
        return self._llm.gives_probabilities

    @property
    def _calibration(self) -> Calibration:
        return self._calibrations.small if self._llm.small else self._calibrations.large

    def as_set(self, repeats: int, method: CriticMethod) -> Critic:
        """This Critic as a room has it set.

        Asked for yes/no where the endpoint gives no probabilities, it writes numbers: the method
        stands beside every score.
        """
        other = copy.copy(self)
        other._repeats = max(1, repeats)
        if method is CriticMethod.WRITTEN or not self._llm.gives_probabilities:
            other._forced = "written"
        elif method is CriticMethod.YES_NO:
            other._forced = "yes/no"
        return other

    async def score_scales(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> dict[str, int]:
        """A text on a server's own scales, by written numbers. LLMError if it cannot tell."""
        return await verdicts.score_scales(
            self._llm, self._prompts, conversation, text, scales, ctx
        )

    async def verdict(self, conversation: Conversation, text: str, ctx: CallContext) -> Verdict:
        """Whether the conversation with that reply is safe, ethical and good."""
        return await verdicts.give_verdict(self._llm, self._prompts, conversation, text, ctx)

    async def score(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        """The three scores, 0-100. LLMError if it cannot tell: unknown is never 0."""
        once = self._yes_no if self._by_probability else self._written
        tries = await side_by_side([once(conversation, text, ctx) for _ in range(self._repeats)])
        return _middle(tries)

    async def _yes_no(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        prompt = self._prompts.render(_YES_NO_PROMPT, conversation=conversation, text=text)
        odds = await ask_harms(self._llm, prompt, ctx)
        values = self._calibration.scores(odds | count_signs(text))
        return Scores(values=values, reason=_said(odds), method=self.method)

    async def _written(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        prompt = self._prompts.render(_WRITTEN_PROMPT, conversation=conversation, text=text)
        answer = await self._llm.ask(prompt, _Written, ctx)
        values = {harm: int(getattr(answer, harm)) for harm in HARMS}
        return Scores(values=values, reason=answer.reason.strip(), method=self.method)


def _said(odds: Mapping[str, float]) -> str:
    """The reason on the card: the one word that the model finds most fitting."""
    harm = max(odds, key=lambda one: odds[one])
    word = HARM_WORDS[harm] if odds[harm] > 0 else FINE
    return f"Asked for one word on what it does to the person, the model says: {word}."


def _middle(tries: Sequence[Scores]) -> Scores:
    if len(tries) == 1:
        return tries[0]
    given = {harm: [one.values[harm] for one in tries] for harm in HARMS}
    values = {harm: median_low(numbers) for harm, numbers in given.items()}
    spread = {harm: max(numbers) - min(numbers) for harm, numbers in given.items()}
    reason = min(tries, key=lambda one: abs(one.worst - max(values.values()))).reason
    return Scores(values=values, reason=reason, method=tries[0].method, spread=spread)
