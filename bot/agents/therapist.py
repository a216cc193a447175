"""The Therapist: what it sees in a text before it goes out, and what it says to the Chatbot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import BaseModel, Field

from bot.agents.probes.calibration import load_calibrations
from bot.agents.probes.features import HiddenState
from bot.agents.probes.linear_probe import load_probe
from bot.agents.questions import ask_harms, side_by_side
from bot.agents.small_model import phrases
from bot.domain import HARMS, Conversation, HarmFinding, Review, RoomSettings, Utterance
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

READ_STATE: Final = HiddenState("therapist/probe")
"""What its probe reads."""
HARM_FROM: Final = 50
"""Score, 0-100 as calibrated for the Critic, from which a small model's Therapist sees a harm."""
SEVERE_FROM: Final = 85
"""Score from which it wants to see the changed text."""


class _Harm(BaseModel):
    harm: Literal["manipulative", "gaslighting", "narcissistic", "other"]
    why: str


class _FullReview(BaseModel):
    user_feels: str
    user_needs: str
    harms: list[_Harm]
    says: str = Field(min_length=1)
    something_left: bool
    wants_to_see: bool


class _Person(BaseModel):
    user_feels: str = Field(min_length=1, max_length=30)
    user_needs: str = Field(min_length=1, max_length=90)


class _Harms(BaseModel):
    manipulative: bool
    gaslighting: bool
    narcissistic: bool


class Therapist:
    """Reviews a text in its conversation. A small model is asked in short typed fields."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        seen = {"conversation", "text"}
        prompts.require("therapist/review", seen | {"norms", "session", "guidance"})
        prompts.require("therapist/person", {"conversation"})
        prompts.require("therapist/yes_no", seen | {"harm"})
        prompts.require("therapist/harms", seen)
        self._probe = load_probe(prompts, READ_STATE)
        self._calibration = load_calibrations(prompts.folder)[0].small

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self._llm.model

    @property
    def has_probe(self) -> bool:
        """Whether it sees harm by a probe of its model's inner state."""
        return self._probe is not None and self._probe.fits(self._llm)

    async def review(
        self,
        conversation: Conversation,
        settings: RoomSettings,
        text: str,
        session: Sequence[Utterance],
        guidance: Sequence[str],
        ctx: CallContext,
    ) -> Review:
        """What the Therapist says of ``text``, one step in line. LLMError if it cannot say."""
        if self._llm.small:
            return await self._short(conversation, text, session, guidance, ctx)
        return await self._full(conversation, settings, text, session, guidance, ctx)

    async def _full(
        self,
        conversation: Conversation,
        settings: RoomSettings,
        text: str,
        session: Sequence[Utterance],
        guidance: Sequence[str],
        ctx: CallContext,
    ) -> Review:
        prompt = self._prompts.render(
            "therapist/review",
            conversation=conversation,
            norms=settings.norms,
            text=text,
            session=session,
            guidance=guidance,
        )
        answer = await self._llm.ask(prompt, _FullReview, ctx)
        harms = tuple(HarmFinding(harm=found.harm, why=found.why) for found in answer.harms)
        left = answer.something_left or bool(harms) or _unheard(guidance, session)
        return Review(
            user_feels=answer.user_feels,
            user_needs=answer.user_needs,
            harms=harms,
            says=answer.says,
            something_left=left,
            wants_to_see=left and answer.wants_to_see,
        )

    async def _short(
        self,
        conversation: Conversation,
        text: str,
        session: Sequence[Utterance],
        guidance: Sequence[str],
        ctx: CallContext,
    ) -> Review:
        seen, seen_harms = await self._look(conversation, text, ctx)
        harms = tuple(
            HarmFinding(harm=harm, why=phrases.WHY[harm])
            for harm in HARMS
            if seen_harms[harm] >= HARM_FROM
        )
        who = phrases.person(conversation)
        says = phrases.therapist_says(who, seen.user_feels, seen.user_needs, harms, seed=text)
        return Review(
            user_feels=seen.user_feels,
            user_needs=seen.user_needs,
            harms=harms,
            says=says,
            something_left=bool(harms) or _unheard(guidance, session),
            wants_to_see=max(seen_harms.values()) >= SEVERE_FROM,
        )

    async def _look(
        self, conversation: Conversation, text: str, ctx: CallContext
    ) -> tuple[_Person, dict[str, int]]:
        """The person's side, and how much of each harm there is (0-100); asked side by side."""
        person: list[_Person] = []
        scores: dict[str, int] = {}

        async def see_person() -> None:
            prompt = self._prompts.render("therapist/person", conversation=conversation)
            person.append(await self._llm.ask(prompt, _Person, ctx))

        async def see_harms() -> None:
            scores.update(await self._harms(conversation, text, ctx))

        await side_by_side([see_person(), see_harms()])
        return person[0], scores

    async def _harms(
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


def _unheard(guidance: Sequence[str], session: Sequence[Utterance]) -> bool:
    """Whether a moderator's words wait to be worked in: none of the Chatbot's were said yet."""
    return bool(guidance) and not any(said.reflection for said in session)
