"""Generic refinement: the control that takes the very steps of therapy, with other content.

A reviewer sits in the Therapist's seat and a refiner in the Chatbot's. They make as many calls of
the same shapes, but are asked for a better message in general: not a word about feelings,
memory or harm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel, Field

from bot.agents.protocols import Reviser, Therapist
from bot.agents.questions import ask_yes_no, side_by_side
from bot.agents.small_model.rewrite import LONGEST_SMALL
from bot.agents.small_model.short_review import HARM_FROM, SEVERE_FROM, sees_harm_by_probe
from bot.agents.strategies import RETRY_SAMPLING
from bot.domain import Conversation, Decision, Reflection, Review
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts
from bot.text.chat_message import as_message, whole_sentences

ASPECTS: Final = ("unclear", "wordy", "awkward")
"""As many as there are harms."""
SEEN_FROM: Final = HARM_FROM
"""From here (0-100) an aspect counts as seen, as a harm does for the Therapist."""


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


def make_reviewer(llm: LLM, prompts: Prompts) -> Therapist:
    """Return the reviewer for a model. SettingError if a prompt is broken."""
    full, small = FullModelReviewer(llm, prompts), SmallModelReviewer(llm, prompts)
    return small if llm.small else full


def make_refiner(llm: LLM, prompts: Prompts) -> Reviser:
    """Return the refiner for a model. SettingError if a prompt is broken."""
    full, small = FullModelRefiner(llm, prompts), SmallModelRefiner(llm, prompts)
    return small if llm.small else full


class _Reviewer:
    """What reviewers of all models have in common: they are no Therapist, and ask no more."""

    async def compare(
        self,
        context: TurnContext,  # noqa: ARG002
        texts: Sequence[str],  # noqa: ARG002
        ctx: CallContext,  # noqa: ARG002
    ) -> Sequence[int]:
        """Compare nothing: the control has one text a round."""
        return ()

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:  # noqa: ARG002
        """Leave it to the rules: the control has as few calls as it can."""
        return False


class FullModelReviewer(_Reviewer):
    """The reviewer who says in free words what is good and what would be better."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm, self._prompts = llm, prompts
        prompts.require("evaluation/review", {"conversation", "text", "session"})

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self._llm.model

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Say what is good and what would be better."""
        prompt = self._prompts.render(
            "evaluation/review",
            conversation=context.conversation,
            text=context.text,
            session=context.session,
        )
        answer = await self._llm.ask(prompt, _FullReview, ctx)
        return Review(
            user_feels=answer.good,
            user_needs=answer.better,
            says=answer.says,
            something_left=True,
            wants_to_see=answer.wants_to_see,
        )


class SmallModelReviewer(_Reviewer):
    """The reviewer who fills in short fields and answers questions of one word."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts; a broken one raises SettingError."""
        self._llm, self._prompts = llm, prompts
        seen = {"conversation", "text"}
        prompts.require("evaluation/quality", seen)
        prompts.require("evaluation/aspect", seen | {"aspect"})
        prompts.require("evaluation/aspects", seen)
        # As many questions as the Therapist asks, which is one where it has a probe.
        self._asked = ASPECTS[:1] if sees_harm_by_probe(llm, prompts) else ASPECTS

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self._llm.model

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Say what is good and what would be better."""
        about = {"conversation": context.conversation, "text": context.text}
        quality: list[_Quality] = []
        seen: dict[str, float] = {}

        async def judge() -> None:
            prompt = self._prompts.render("evaluation/quality", **about)
            quality.append(await self._llm.ask(prompt, _Quality, ctx))

        async def look() -> None:
            seen.update(await self._score_aspects(context.conversation, context.text, ctx))

        await side_by_side([judge(), look()])
        return _reviewed(quality[0], seen)

    async def _score_aspects(
        self, conversation: Conversation, text: str, ctx: CallContext
    ) -> dict[str, float]:
        """Return how much there is of each, 0-100."""
        about = {"conversation": conversation, "text": text}
        if self._llm.gives_probabilities:
            questions = {
                aspect: self._prompts.render("evaluation/aspect", aspect=aspect, **about)
                for aspect in self._asked
            }
            likely = await ask_yes_no(self._llm, questions, ctx)
            return {aspect: 100 * yes for aspect, yes in likely.items()}
        prompt = self._prompts.render("evaluation/aspects", **about)
        answer = await self._llm.ask(prompt, _Aspects, ctx)
        # As with harms, a bare yes says nothing of how much.
        return {aspect: SEEN_FROM if getattr(answer, aspect) else 0 for aspect in ASPECTS}


def _reviewed(quality: _Quality, seen: Mapping[str, float]) -> Review:
    aspects = [aspect for aspect, much in seen.items() if much >= SEEN_FROM]
    faults = f" It is {' and '.join(aspects)}." if aspects else ""
    good, better = quality.good.strip(" ."), quality.better.strip(" .")
    return Review(
        user_feels=good,
        user_needs=better,
        says=f"Good: {good}.{faults} To make it better: {better}.",
        something_left=True,
        wants_to_see=max(seen.values()) >= SEVERE_FROM,
    )


class FullModelRefiner:
    """The refiner who sees the draft and the talk, and decides on another round."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm, self._prompts = llm, prompts
        talk = {"conversation", "persona", "norms", "turned_down"}
        prompts.require("evaluation/refine", talk | {"text", "session"})

    async def reflect(
        self, context: TurnContext, ctx: CallContext, *, complaint: str | None = None
    ) -> Reflection:
        """Write the better message, in one call."""
        prompt = self._prompts.render(
            "evaluation/refine",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            turned_down=context.turned_down,
            text=context.text,
            session=context.session,
        )
        sampling = RETRY_SAMPLING if complaint else None
        answer = await self._llm.ask(prompt, _FullRefinement, ctx, sampling=sampling)
        return Reflection(
            reflection=answer.reflection,
            wants_another_round=answer.wants_another_round,
            # It decides as the Chatbot does, whatever the reviewer wishes.
            decision=Decision.ANOTHER_ROUND if answer.wants_another_round else Decision.RESPOND,
            response=as_message(answer.response),
        )


class SmallModelRefiner:
    """The refiner who writes the message anew with the reviewer's words as a note."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm, self._prompts = llm, prompts
        talk = {"conversation", "persona", "norms", "complaint"}
        prompts.require("evaluation/rewrite", talk | {"note"})

    async def reflect(
        self, context: TurnContext, ctx: CallContext, *, complaint: str | None = None
    ) -> Reflection:
        """Write the better message, in one call."""
        prompt = self._prompts.render(
            "evaluation/rewrite",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            complaint=complaint,
            note=context.session[-1].text,
        )
        sampling = RETRY_SAMPLING if complaint else None
        answer = await self._llm.ask(prompt, _Reply, ctx, sampling=sampling)
        return Reflection(
            reflection="I have written it anew.",
            wants_another_round=False,
            worded_in_code=True,
            response=whole_sentences(as_message(answer.reply)),
        )
