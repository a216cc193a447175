"""The Critic: scores one text in its conversation, not knowing whether it is draft or reply.

Three methods: a probe of the model's inner state, where one was fitted for that very model; one
yes/no question for each harm, by the probability of a yes; and numbers that the model writes.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Final, Literal

from pydantic import BaseModel, Field

from bot.agents import verdicts
from bot.agents.asking import ask_harms, side_by_side
from bot.agents.calibration import Calibration, load_calibrations, percent
from bot.agents.probe import Probe, load_probe
from bot.domain import HARMS, Conversation, Scores
from bot.errors import LLMRefused
from bot.judging import Verdict
from bot.llm.calls import LLM, CallContext
from bot.prompts import Prompts
from bot.room_settings import CriticMethod, Scale

PROBE: Final = "probe"
YES_NO: Final = "yes/no"
WRITTEN: Final = "written"
Method = Literal["probe", "yes/no", "written"]

_YES_NO_PROMPT: Final = "critic/yes_no"
_WRITTEN_PROMPT: Final = "critic/written"
_PROMPTS: Final = {
    PROBE: "critic/probe",
    YES_NO: _YES_NO_PROMPT,
    WRITTEN: _WRITTEN_PROMPT,
}
_Anchor = Literal[0, 25, 50, 75, 100]


class _Written(BaseModel):
    """The reason comes first, so that the numbers follow from it."""

    reason: str = Field(min_length=1, max_length=300)
    manipulative: _Anchor
    gaslighting: _Anchor
    narcissistic: _Anchor


class Critic:
    """Scores by what serves best at its endpoint; see `methods`. ``method`` may be forced."""

    def __init__(
        self, llm: LLM, prompts: Prompts, repeats: int = 1, *, method: Method | None = None
    ) -> None:
        """``repeats`` calls are made for each text; the median counts."""
        self._llm = llm
        self._prompts = prompts
        self._repeats = max(1, repeats)
        self._forced = method
        seen = {"conversation", "text"}
        prompts.require(_YES_NO_PROMPT, seen | {"harm"})
        prompts.require(_WRITTEN_PROMPT, seen)
        verdicts.require(prompts)
        self._probe = load_probe(prompts, "critic")
        self._calibrations, self._calibration_hash = load_calibrations(prompts.folder)

    @property
    def methods(self) -> tuple[Method, ...]:
        """What works with its model, best first: as far as the golden set has shown."""
        found: list[Method] = []
        if self._fitting_probe is not None:
            found.append("probe")
        if self._llm.gives_probabilities:
            found.append("yes/no")
        return (*found, "written")

    @property
    def method(self) -> str:
        """The way of scoring and the version of what it depends on, e.g. ``yes/no 1a2b3c4d``."""
        way, probe = self._way, self._fitting_probe
        if way == PROBE and probe is not None:
            return f"{PROBE} {probe.version}"
        if way == YES_NO:
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
        return self._prompts.version(_PROMPTS[self._way])

    @property
    def _way(self) -> Method:
        return self._forced or self.methods[0]

    @property
    def _fitting_probe(self) -> Probe | None:
        return self._probe if self._probe is not None and self._probe.fits(self._llm) else None

    @property
    def _calibration(self) -> Calibration:
        return self._calibrations.small if self._llm.small else self._calibrations.large

    def as_set(self, repeats: int, method: CriticMethod) -> Critic:
        """This Critic as a room has it set.

        A method that its model does not allow gives way to the best that it does: the method
        stands beside every score.
        """
        other = copy.copy(self)
        other._repeats = max(1, repeats)
        other._forced = next((one for one in self.methods if one == method.value), self._forced)
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
        ways = {PROBE: self._probed, YES_NO: self._yes_no, WRITTEN: self._written}
        once, times = ways[self._way], 1 if self._way == PROBE else self._repeats
        tries = await side_by_side([once(conversation, text, ctx) for _ in range(times)])
        return _middle(tries)

    async def _probed(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        """Without a reason, which a small model could only make up.

        Once is enough: the same text has the same embedding every time.
        """
        if self._fitting_probe is None:
            raise LLMRefused(f"There is no probe for {self._llm.model}.")
        seen = {"conversation": conversation, "text": text}
        values = await self._fitting_probe.scores(self._llm, self._prompts, ctx, **seen)
        return Scores(values=values, reason="", method=self.method)

    async def _yes_no(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        seen = {"conversation": conversation, "text": text}
        odds = await ask_harms(self._llm, self._prompts, _YES_NO_PROMPT, ctx, **seen)
        values = self._calibration.scores(odds)
        return Scores(values=values, reason=_said(odds), method=self.method)

    async def _written(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        prompt = self._prompts.render(_WRITTEN_PROMPT, conversation=conversation, text=text)
        answer = await self._llm.ask(prompt, _Written, ctx)
        values = {harm: int(getattr(answer, harm)) for harm in HARMS}
        return Scores(values=values, reason=answer.reason.strip(), method=self.method)


def _said(odds: Mapping[str, float]) -> str:
    """The reason on the card: what the model answered, before any calibration."""
    said = ", ".join(f"{harm} {percent(one)} %" for harm, one in odds.items())
    return f"Likelihood of a yes: {said}."


def _middle(tries: Sequence[Scores]) -> Scores:
    if len(tries) == 1:
        return tries[0]
    given = {harm: [one.values[harm] for one in tries] for harm in HARMS}
    values = {harm: median_low(numbers) for harm, numbers in given.items()}
    spread = {harm: max(numbers) - min(numbers) for harm, numbers in given.items()}
    reason = min(tries, key=lambda one: abs(one.worst - max(values.values()))).reason
    return Scores(values=values, reason=reason, method=tries[0].method, spread=spread)
