"""Generic refinement: the control that takes the very steps of therapy, with other content.

A reviewer sits in the Therapist's seat and a refiner in the Chatbot's. They make as many calls of
the same shapes, but are asked for a better message in general: not a word about feelings,
memory or harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel, Field

from bot.agents.chatbot import AGAIN, LONGEST_SMALL, Chatbot
from bot.agents.questions import ask_yes_no, side_by_side
from bot.agents.small_model import phrases
from bot.agents.therapist import HARM_FROM, SEVERE_FROM, Therapist
from bot.domain import ChatbotState, Conversation, Reflection, Review, RoomSettings, Utterance
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

ASPECTS: Final = ("unclear", "wordy", "awkward")
"""As many as there are harms."""
SEEN_FROM: Final = HARM_FROM
"""From here (0-100) an aspect counts as seen, as a harm does for the Therapist."""

_STATE: Final = ChatbotState(therapy_progression=100, confusion=0, urgency=0)


class _Quality(BaseModel):
    good: str = Field(min_length=1, max_length=30)
    better: str = Field(min_length=1, max_length=90)


class _Aspects(BaseModel):
    unclear: bool
    wordy: bool
    awkward: bool


class _FullReview(BaseModel):
    good: str
    better: str
    issues: list[str]
    says: str = Field(min_length=1)
    wants_to_see: bool


class _FullRefinement(BaseModel):
    reflection: str = Field(min_length=1)
    wants_another_round: bool
    response: str = Field(min_length=1)


class _Reply(BaseModel):
    reply: str = Field(min_length=1, max_length=LONGEST_SMALL)


class Reviewer(Therapist):
    """Says how a message could be better, and always finds something."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        super().__init__(llm, prompts)
        self._model, self._texts = llm, prompts
        seen = {"conversation", "text"}
        prompts.require("evaluation/quality", seen)
        prompts.require("evaluation/aspect", seen | {"aspect"})
        prompts.require("evaluation/aspects", seen)
        prompts.require("evaluation/review", seen | {"session"})

    async def review(
        self,
        conversation: Conversation,
        settings: RoomSettings,  # noqa: ARG002
        text: str,
        session: Sequence[Utterance],
        guidance: Sequence[str],  # noqa: ARG002
        ctx: CallContext,
    ) -> Review:
        """What is good and what would be better."""
        if self._model.small:
            return await self._in_short(conversation, text, ctx)
        prompt = self._texts.render(
            "evaluation/review", conversation=conversation, text=text, session=session
        )
        answer = await self._model.ask(prompt, _FullReview, ctx)
        return Review(
            user_feels=answer.good,
            user_needs=answer.better,
            says=answer.says,
            something_left=True,
            wants_to_see=answer.wants_to_see,
        )

    async def _in_short(self, conversation: Conversation, text: str, ctx: CallContext) -> Review:
        quality: list[_Quality] = []
        seen: dict[str, float] = {}

        async def judge() -> None:
            prompt = self._texts.render("evaluation/quality", conversation=conversation, text=text)
            quality.append(await self._model.ask(prompt, _Quality, ctx))

        async def look() -> None:
            seen.update(await self._aspects(conversation, text, ctx))

        await side_by_side([judge(), look()])
        return _reviewed(quality[0], seen)

    async def _aspects(
        self, conversation: Conversation, text: str, ctx: CallContext
    ) -> dict[str, float]:
        """How much there is of each, 0-100: in as many calls as the Therapist looks for harm."""
        about = {"conversation": conversation, "text": text}
        if self._model.gives_probabilities:
            asked = ASPECTS[:1] if self.has_probe else ASPECTS
            questions = {
                aspect: self._texts.render("evaluation/aspect", aspect=aspect, **about)
                for aspect in asked
            }
            likely = await ask_yes_no(self._model, questions, ctx)
            return {aspect: 100 * yes for aspect, yes in likely.items()}
        prompt = self._texts.render("evaluation/aspects", **about)
        answer = await self._model.ask(prompt, _Aspects, ctx)
        # As with harms, a bare yes says nothing of how much.
        return {aspect: SEEN_FROM if getattr(answer, aspect) else 0 for aspect in ASPECTS}


def _reviewed(quality: _Quality, seen: Mapping[str, float]) -> Review:
    found = [aspect for aspect, much in seen.items() if much >= SEEN_FROM]
    faults = f" It is {' and '.join(found)}." if found else ""
    good, better = quality.good.strip(" ."), quality.better.strip(" .")
    return Review(
        user_feels=good,
        user_needs=better,
        says=f"Good: {good}.{faults} To make it better: {better}.",
        something_left=True,
        wants_to_see=max(seen.values()) >= SEVERE_FROM,
    )


class Refiner(Chatbot):
    """Writes the message anew with the reviewer's words as a note."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        super().__init__(llm, prompts)
        self._model, self._texts = llm, prompts
        talk = {"conversation", "persona", "norms", "complaint"}
        prompts.require("evaluation/rewrite", talk | {"note"})
        prompts.require("evaluation/refine", talk | {"text", "session"})

    async def reflect(
        self,
        conversation: Conversation,
        settings: RoomSettings,
        text: str,
        session: Sequence[Utterance],
        guidance: Sequence[str],  # noqa: ARG002
        ctx: CallContext,
        *,
        complaint: str | None = None,
    ) -> Reflection:
        """The better message, in one call."""
        small = self._model.small
        prompt = self._texts.render(
            "evaluation/rewrite" if small else "evaluation/refine",
            conversation=conversation,
            persona=self._texts.persona(settings.persona),
            norms=settings.norms,
            complaint=complaint,
            **({"note": session[-1].text} if small else {"text": text, "session": session}),
        )
        sampling = AGAIN if complaint else None
        if small:
            reply = (await self._model.ask(prompt, _Reply, ctx, sampling=sampling)).reply
            response = phrases.whole_sentences(phrases.as_message(reply))
            return Reflection(
                reflection="I have written it anew.",
                wants_another_round=False,
                state=_STATE,
                response=response,
            )
        answer = await self._model.ask(prompt, _FullRefinement, ctx, sampling=sampling)
        return Reflection(
            reflection=answer.reflection,
            wants_another_round=answer.wants_another_round,
            state=_STATE,
            response=phrases.as_message(answer.response),
        )
