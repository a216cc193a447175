"""The Critic: scores one text in its conversation, not knowing whether it is draft or reply.

Three methods: a probe of the model's inner state, where one was fitted for that very model;
yes/no questions, by the probability of a yes; and numbers that the model writes. Usually there
is one question for each harm. A model for which that was fitted is asked plainer ones, whose
answers are weighed together. A full model writes all that there is to say in one answer
(`bot.agents.full_critic`); what a small one says of a server's own scales, and whether the talk
is safe, ethical and good, takes calls of its own.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, Protocol

import structlog
from pydantic import BaseModel, Field, create_model

from bot.agents import verdicts
from bot.agents.full_critic import FullModelCritic
from bot.agents.probes.calibration import load_calibrations, percent
from bot.agents.probes.features import FeatureExtractor, HiddenState, YesNoAnswers
from bot.agents.probes.fit_reader import FitReader
from bot.agents.probes.linear_probe import Probe, load_probe
from bot.agents.questions import ask_harms, side_by_side
from bot.agents.repeats import middle_scores
from bot.domain import HARMS, Agent, Conversation, Scores
from bot.domain.ratings import Assessment, Verdict
from bot.domain.room_settings import CriticMethod, Scale
from bot.errors import LLMError, LLMRefused
from bot.llm.protocol import LLM, CallContext, for_one_answer
from bot.prompting.templates import Prompts
from bot.reasons import because, join_reasons

log = structlog.get_logger(__name__)

PROBE: Final = "probe"
YES_NO: Final = "yes/no"
WRITTEN: Final = "written"
Method = Literal["probe", "yes/no", "written"]

READ_STATE: Final = HiddenState("critic/probe")
READ_ANSWERS: Final = YesNoAnswers("critic/answers")
READINGS: Final[Mapping[Method, FeatureExtractor]] = {PROBE: READ_STATE, YES_NO: READ_ANSWERS}
"""What is read for a method that was fitted for the model, best first."""

_YES_NO_PROMPT: Final = "critic/yes_no"
_WRITTEN_PROMPT: Final = "critic/written"
_Anchor = Literal[0, 25, 50, 75, 100]


class _Reasoned(BaseModel):
    reason: str = Field(min_length=1, max_length=300)


_ONE_EACH: Final[dict[str, Any]] = dict.fromkeys(HARMS, (_Anchor, ...))
_Written = create_model(
    "_Written",
    __base__=_Reasoned,
    __doc__="The reason comes first, so that the numbers follow from it.",
    **_ONE_EACH,
)


class EmpathyReader(Protocol):
    """A reading of how empathetic a text is, for models that do not write it themselves."""

    async def read(self, conversation: Conversation, text: str, ctx: CallContext) -> int:
        """Return how empathetic the text is, 0-100. LLMError if it cannot tell."""
        ...


class LLMCritic:
    """The `Critic` that a language model plays, by its best method or a forced one: `methods`."""

    def __init__(
        self,
        llm: LLM,
        prompts: Prompts,
        repeats: int = 1,
        *,
        method: Method | None = None,
        empathy: EmpathyReader | None = None,
    ) -> None:
        """Check the prompts at start. The median of ``repeats`` calls counts for each text.

        ``empathy`` reads that figure where the model's scores are not written in full: a probe if
        one was fitted for the model. Without one it is not measured there.
        """
        self._llm = llm
        self._prompts = prompts
        self._repeats = max(1, repeats)
        self._forced = method
        self._empathy = empathy or FitReader.of(llm, prompts, Agent.CRITIC)
        self._full = None if llm.small else FullModelCritic(llm, prompts)
        seen = {"conversation", "text"}
        prompts.require(_YES_NO_PROMPT, seen | {"harm"})
        prompts.require(_WRITTEN_PROMPT, seen)
        verdicts.require(prompts)
        self._probes = {
            method: load_probe(prompts, reading) for method, reading in READINGS.items()
        }
        calibrations, self._calibration_hash = load_calibrations(prompts.folder)
        self._calibration = calibrations.small if llm.small else calibrations.large

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that work with its model, best first.

        For small models in the order that the golden set has shown. A full model sees more in
        one written answer than in a word a question: the talk, honesty, and what is good in it.
        """
        fitted = [method for method in READINGS if self._fitting(method) is not None]
        asked: list[Method] = []
        if self._llm.gives_probabilities and YES_NO not in fitted:
            asked.append("yes/no")
        if self._full is not None:
            return (*fitted, "written", *asked)
        return (*fitted, *asked, "written")

    @property
    def method(self) -> str:
        """The way of scoring and the version of what it depends on, e.g. ``yes/no 1a2b3c4d``."""
        way, fitted = self._way, self._fitted
        if fitted is not None:
            return f"{way} {fitted.version}"
        if way == YES_NO:
            both = self._prompts.version(_YES_NO_PROMPT) + self._calibration_hash
            return f"{YES_NO} {hashlib.sha256(both.encode()).hexdigest()[:8]}"
        return f"{WRITTEN} {self.prompt_version[:8]}"

    @property
    def model(self) -> str:
        """The id of the model that scores."""
        return self._llm.model

    @property
    def prompt_version(self) -> str:
        """The version of the prompt that scoring uses."""
        if self._fitted is not None:
            return self._fitted.reading.version(self._prompts)
        if self._way == YES_NO:
            return self._prompts.version(_YES_NO_PROMPT)
        if self._full is not None:
            return self._full.prompt_version
        return self._prompts.version(_WRITTEN_PROMPT)

    @property
    def _way(self) -> Method:
        return self._forced or self.methods[0]

    @property
    def _fitted(self) -> Probe | None:
        """The probe that was fitted for its model and way of scoring, if any."""
        return self._fitting(self._way)

    def _fitting(self, method: Method) -> Probe | None:
        probe = self._probes.get(method)
        return probe if probe is not None and probe.fits(self._llm) else None

    def as_set(self, repeats: int, method: CriticMethod) -> LLMCritic:
        """Return this Critic as a room has it set, for one text; its `model` is who scored that.

        A method that its model does not allow gives way to the best that it does: the method
        stands beside every score.
        """
        other = copy.copy(self)
        other._llm = for_one_answer(self._llm)
        other._full = None if self._full is None else self._full.on(other._llm)
        other._repeats = max(1, repeats)
        other._forced = next((own for own in self.methods if own == method.value), self._forced)
        return other

    async def assess(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> Assessment:
        """Say all of a text: scores, a server's own scales, and in one answer the verdict too.

        LLMError if it cannot score the three; own scales that it cannot score are left out.
        """
        if self._full is not None:
            return await self._assess_in_full(self._full, conversation, text, scales, ctx)
        scores = await self.score(conversation, text, ctx)
        try:
            own = await self.score_scales(conversation, text, scales, ctx) if scales else {}
        except LLMError as error:  # the three are worth having without them
            log.warning("own scales not scored", detail=error.detail)
            own = {}
        return Assessment(scores=scores.model_copy(update={"values": {**scores.values, **own}}))

    async def score_scales(
        self, conversation: Conversation, text: str, scales: Sequence[Scale], ctx: CallContext
    ) -> dict[str, int]:
        """Score a text on a server's own scales, by written numbers. LLMError if it cannot tell."""
        if self._full is not None:
            scores, _ = await self._full.assess_once(conversation, text, scales, ctx)
            return {scale.name: scores.values[scale.name] for scale in scales}
        return await verdicts.score_scales(
            self._llm, self._prompts, conversation, text, scales, ctx
        )

    async def verdict(self, conversation: Conversation, text: str, ctx: CallContext) -> Verdict:
        """Judge if the conversation with that reply is safe, ethical and good."""
        if self._full is not None:
            return (await self._full.assess_once(conversation, text, (), ctx))[1]
        return await verdicts.ask_small_model(self._llm, self._prompts, conversation, text, ctx)

    async def score(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        """Give the scores, 0-100. LLMError if it cannot tell the three: unknown is never 0."""
        if self._full is not None:
            return (await self.assess(conversation, text, (), ctx)).scores
        scores = await self._score_harms(conversation, text, ctx)
        if self._empathy is None:
            return scores
        try:
            empathetic = await self._empathy.read(conversation, text, ctx)
        except LLMError as error:  # the three are worth having without it
            log.warning("empathy not read", detail=error.detail)
            return scores
        return scores.model_copy(update={"empathetic": empathetic})

    async def _assess_in_full(
        self,
        full: FullModelCritic,
        conversation: Conversation,
        text: str,
        scales: Sequence[Scale],
        ctx: CallContext,
    ) -> Assessment:
        """Take all from the written answer; where another method is set, the three from that."""
        if self._way == WRITTEN:
            return await full.assess(conversation, text, scales, ctx, self._repeats)
        scores = await self._score_harms(conversation, text, ctx)
        written = await full.assess(conversation, text, scales, ctx)
        values = {**written.scores.values, **scores.values}
        both = scores.model_copy(update={"values": values, "empathetic": written.scores.empathetic})
        return written.model_copy(update={"scores": both})

    async def _score_harms(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        if self._fitted is not None:
            return await self._weigh(self._fitted, conversation, text, ctx)
        if self._way == PROBE:
            raise LLMRefused(because("There is no probe for {model}.", model=self._llm.model))
        once = self._yes_no if self._way == YES_NO else self._written
        tries = await side_by_side([once(conversation, text, ctx) for _ in range(self._repeats)])
        return middle_scores(tries)

    async def _weigh(
        self, fitted: Probe, conversation: Conversation, text: str, ctx: CallContext
    ) -> Scores:
        """Score by a probe, without a reason, which a small model could only make up.

        Once is enough: the same text is read the same every time.
        """
        seen = {"conversation": conversation, "text": text}
        values = await fitted.scores(self._llm, self._prompts, ctx, **seen)
        return Scores(values=values, reason="", method=self.method)

    async def _yes_no(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        seen = {"conversation": conversation, "text": text}
        odds = await ask_harms(self._llm, self._prompts, _YES_NO_PROMPT, ctx, **seen)
        values = self._calibration.scores(odds)
        return Scores(values=values, reason=_in_words(odds), method=self.method)

    async def _written(self, conversation: Conversation, text: str, ctx: CallContext) -> Scores:
        prompt = self._prompts.render(_WRITTEN_PROMPT, conversation=conversation, text=text)
        answer = await self._llm.ask(prompt, _Written, ctx)
        values = {harm: int(getattr(answer, harm)) for harm in HARMS}
        return Scores(values=values, reason=answer.reason.strip(), method=self.method)


def _in_words(odds: Mapping[str, float]) -> str:
    """Return the reason on the card: what the model answered, before any calibration."""
    shares = [
        because("{what} {percent} %", what=because(harm), percent=percent(log_odds))
        for harm, log_odds in odds.items()
    ]
    return because("Likelihood of a yes: {shares}.", shares=join_reasons(shares, ", "))
