"""The Therapist of small models: short typed fields, which become its words in code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, Field, create_model

from bot.agents.probes.calibration import load_calibrations
from bot.agents.probes.danger_reader import DangerReader
from bot.agents.probes.features import HiddenState
from bot.agents.probes.fit_reader import FitReader
from bot.agents.probes.linear_probe import load_probe
from bot.agents.questions import ask_harms, side_by_side
from bot.agents.small_model import phrases
from bot.agents.strategies import has_guidance_left
from bot.domain import HARMS, Agent, Conversation, HarmFinding, Review
from bot.domain.findings import FINDING_BY_NAME
from bot.domain.harms import ALL_HARMS
from bot.domain.turn_context import TurnContext
from bot.errors import AnswerNotInForm
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

READ_STATE: Final = HiddenState("therapist/probe")
"""What its probe reads."""
HARM_FROM: Final = 50
"""Score, 0-100 as calibrated for the Critic, from which a small model's Therapist sees a harm."""
SEVERE_FROM: Final = 85
"""Score from which it wants to see the changed text."""
MOST_WORDS: Final = 3
"""Words of a feeling; one that a small model begins to explain is cut off by the answer's bound."""
FIT_FROM: Final = 50
"""Reading of how well a text fits from which it goes out: where its weights were levelled."""


def sees_harm_by_probe(llm: LLM, prompts: Prompts) -> bool:
    """Return whether that model's Therapist sees harm by a probe of the model's inner state."""
    probe = load_probe(prompts, READ_STATE)
    return probe is not None and probe.fits(llm)


@dataclass(frozen=True, slots=True)
class _Person:
    """The person's side; empty where it is not known."""

    user_feels: str
    user_needs: str


@dataclass(slots=True)
class _Seen:
    """What was read of a talk and a text; both readings 0-100."""

    person: _Person = _Person("", "")
    harms: dict[str, int] = field(default_factory=dict)
    fit: int | None = None
    """How well the text fits; None where that cannot be read."""
    in_danger: bool = False


class _PersonAnswer(BaseModel):
    user_feels: str = Field(min_length=1, max_length=30)
    user_needs: str = Field(min_length=1, max_length=90)


_ONE_EACH: Final[dict[str, Any]] = dict.fromkeys(HARMS, (bool, ...))
_Harms = create_model("_Harms", **_ONE_EACH)


class SmallModelTherapist:
    """The `TherapistStrategy` of small models."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check prompts, probe and calibration; SettingError where one is broken."""
        self._llm = llm
        self._prompts = prompts
        seen = {"conversation", "text"}
        prompts.require("therapist/person", {"conversation"})
        prompts.require("therapist/yes_no", seen | {"harm"})
        prompts.require("therapist/harms", seen)
        self._probe = load_probe(prompts, READ_STATE)
        self._fit = FitReader.of(llm, prompts, Agent.THERAPIST)
        self._danger = DangerReader.of(llm, prompts)
        self._calibration = load_calibrations(prompts.folder)[0].small

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Ask for the person's side and for each harm, and put the findings into words.

        Where it can be read how well the text fits, one that does not is worked on too.
        """
        seen = await self._look(context, ctx)
        person, fit = seen.person, seen.fit
        unfit = fit is not None and fit < FIT_FROM
        findings = [
            HarmFinding(harm=harm.name, why=harm.why)
            for harm in ALL_HARMS
            if seen.harms[harm.name] >= HARM_FROM
        ]
        if unfit:
            missed = FINDING_BY_NAME[phrases.missed(context.conversation)]
            findings.insert(0, HarmFinding(harm=missed.name, why=missed.why))
        says = phrases.therapist_says(
            phrases.person(context.conversation),
            *(person.user_feels, person.user_needs, findings),
            seed=context.text,
            unmet=unfit,
        )
        return Review(
            user_feels=person.user_feels,
            user_needs=person.user_needs,
            harms=tuple(findings),
            says=says + phrases.seen_lately(findings, context.memory.themes),
            something_left=bool(findings) or has_guidance_left(context),
            wants_to_see=max(seen.harms.values()) >= SEVERE_FROM,
            gives_needs=None if fit is None else not unfit,
            fit=fit,
            worded_in_code=True,
            in_danger=seen.in_danger,
        )

    async def compare(
        self, context: TurnContext, texts: Sequence[str], ctx: CallContext
    ) -> Sequence[int]:
        """Read how well each text fits; nothing where that cannot be read."""
        if self._fit is None:
            return ()
        return [await self._fit.read(context.conversation, text, ctx) for text in texts]

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:  # noqa: ARG002 - see there
        """Leave it to the rules: a small model says yes or no by chance in such a language."""
        return False

    async def _look(self, context: TurnContext, ctx: CallContext) -> _Seen:
        """Read all that a review is made of, side by side."""
        conversation, text, seen = context.conversation, context.text, _Seen()

        async def see_person() -> None:
            seen.person = await self._see_person(conversation, ctx)

        async def see_harms() -> None:
            seen.harms = await self._score_harms(conversation, text, ctx)

        async def see_fit() -> None:
            if self._fit is not None:
                seen.fit = await self._fit.read(conversation, text, ctx)

        async def see_danger() -> None:
            # No round changes what the person said.
            if self._danger is not None and not context.session:
                seen.in_danger = await self._danger.sees_danger(conversation, ctx)

        await side_by_side([see_person(), see_harms(), see_fit(), see_danger()])
        return seen

    async def _see_person(self, conversation: Conversation, ctx: CallContext) -> _Person:
        """Return the person's side; nothing of it where that comes in no form, twice."""
        prompt = self._prompts.render("therapist/person", conversation=conversation)
        try:
            answer = await self._llm.ask(prompt, _PersonAnswer, ctx)
        except AnswerNotInForm:  # the harms are seen all the same: the review says less
            return _Person("", "")
        return _Person(_feelings(answer.user_feels), answer.user_needs)

    async def _score_harms(
        self, conversation: Conversation, text: str, ctx: CallContext
    ) -> dict[str, int]:
        seen = {"conversation": conversation, "text": text}
        if self._probe is not None and self._probe.fits(self._llm):
            return await self._probe.scores(self._llm, self._prompts, ctx, **seen)
        if self._llm.gives_probabilities:
            odds = await ask_harms(self._llm, self._prompts, "therapist/yes_no", ctx, **seen)
            return self._calibration.scores(odds)
        prompt = self._prompts.render("therapist/harms", **seen)
        answer = await self._llm.ask(prompt, _Harms, ctx)
        return {harm: 100 if getattr(answer, harm) else 0 for harm in HARMS}


def _feelings(said: str) -> str:
    """Return the feelings that were named, less what is a sentence; as it is if all of it is."""
    feelings = [one.strip() for one in said.split(",")]
    short = [one for one in feelings if 0 < len(one.split()) <= MOST_WORDS]
    return ", ".join(short) or said
