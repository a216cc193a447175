"""Full models: one call each for a talk in free words, in typed answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from bot.agents.session_view import tell_outcome, view_session
from bot.agents.strategies import RETRY_SAMPLING, has_guidance_left
from bot.domain import (
    ChatbotState,
    Decision,
    HarmFinding,
    Lessons,
    Reflection,
    ReplyChange,
    Review,
    StateAnswer,
)
from bot.domain.findings import ALL_FINDINGS
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import LLM, CallContext, Prompt
from bot.prompting.templates import Prompts
from bot.text.chat_message import as_message

FindingName = Literal[
    "unheard",
    "unanswered",
    "untrue",
    "overstepping",
    "harmful_help",
    "leak",
    "manipulative",
    "gaslighting",
    "narcissistic",
    "other",
]
"""One of the `bot.domain.findings.FINDINGS`, or another; written out, since types are."""
Percent = Annotated[int, Field(ge=0, le=100)]


class _State(BaseModel):
    therapy_progression: Percent
    confusion: Percent
    urgency: Percent


class _FullReflection(BaseModel):
    reflection: str = Field(min_length=1)
    keeps_message: bool
    keeps_why: str
    response: str
    # The check-in comes before the decision, and after the text that both are about.
    feels: str
    state: _State
    keep_in_mind: str
    why: str = Field(min_length=1)
    decision: Decision

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.keeps_message and not self.response:
            raise ValueError("a response is due where the message is not kept")
        return self


class _Answer(BaseModel):
    answer: str = Field(min_length=1)


class _AnsweredReflection(_FullReflection, _Answer):
    """The same with the answer to a moderator's check-in, which comes before all of it."""


class _StateAnswer(BaseModel):
    answer: str = Field(min_length=1, max_length=600)
    therapy_progression: Percent
    confusion: Percent
    urgency: Percent


class _Finding(BaseModel):
    finding: FindingName
    quote: str
    why: str


class _FullReview(BaseModel):
    user_feels: str
    user_needs: str
    gives_needs: bool
    findings: list[_Finding]
    says: str = Field(min_length=1)
    something_left: bool
    wants_to_see: bool
    in_danger: bool


class _Lessons(BaseModel):
    learned: str = Field(min_length=1)
    without: str = Field(min_length=1)


class _Leak(BaseModel):
    leaks: bool


class FullModelChatbot:
    """The `ChatbotStrategy` of full models: they see draft, session and guidance, and decide."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        talk = {"conversation", "persona", "norms"}
        prompts.require("chatbot/full_learned", {"persona", "changes"})
        prompts.require(
            "chatbot/full_draft", talk | {"help_given", "keep_in_mind", "now", "channel"}
        )
        seen = talk | {"text", "session", "guidance", "turned_down"}
        prompts.require("chatbot/reflect", seen | {"round", "most_rounds", "wish", "check_in"})
        asked = {"conversation", "persona", "session", "question", "turn", "view", "outcome"}
        prompts.require("chatbot/query", asked)

    def draft_prompt(self, context: TurnContext) -> Prompt:
        """Return the full prompt: besides the small one's, the time, the place and what it is."""
        return self._prompts.render(
            "chatbot/full_draft",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            help_given=context.help_given,
            keep_in_mind=context.memory.keep_in_mind,
            now=f"{context.turn.created_at.astimezone(UTC):%A, %Y-%m-%d, %H:%M}",
            channel=context.channel,
        )

    async def draw(self, context: TurnContext, ctx: CallContext) -> str:
        """Write a draft, with the sampling as it is configured."""
        return as_message(await self._llm.say(self.draft_prompt(context), ctx))

    async def reflect(
        self, context: TurnContext, ctx: CallContext, complaint: str | None
    ) -> Reflection:
        """Ask for reflection, decision, state and response in one typed answer."""
        prompt = self._prompts.render(
            "chatbot/reflect",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            text=context.text,
            session=context.session,
            guidance=context.words,
            turned_down=context.turned_down,
            round=context.turn.round,
            most_rounds=context.settings.max_rounds,
            wish=context.therapist_wants_to_see,
            check_in=context.check_in and context.check_in.words,
        )
        sampling = RETRY_SAMPLING if complaint else None
        kind = _AnsweredReflection if context.check_in else _FullReflection
        answer = await self._llm.ask(prompt, kind, ctx, sampling=sampling)
        return Reflection(
            reflection=answer.reflection,
            wants_another_round=answer.decision is Decision.ANOTHER_ROUND,
            state=ChatbotState(**answer.state.model_dump()),
            response=context.text if answer.keeps_message else as_message(answer.response),
            keeps_message=answer.keeps_message,
            keeps_why=answer.keeps_why.strip() if answer.keeps_message else "",
            feels=answer.feels.strip(),
            decision=answer.decision,
            why=answer.why.strip(),
            check_in=answer.answer.strip() if isinstance(answer, _AnsweredReflection) else "",
            keep_in_mind=answer.keep_in_mind.strip(),
        )

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        """Ask for an answer in words with the three figures."""
        prompt = self._prompts.render(
            "chatbot/query",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            session=context.session,
            turn=context.turn,
            view=view_session(context, context.turn.round),
            outcome=tell_outcome(context.turn.state),
            question=question,
        )
        answer = await self._llm.ask(prompt, _StateAnswer, ctx)
        state = ChatbotState(**answer.model_dump(exclude={"answer"}))
        return StateAnswer(state=state, answer=answer.answer.strip())

    async def learned(
        self, context: TurnContext, changes: Sequence[ReplyChange], ctx: CallContext
    ) -> Lessons:
        """Ask for both halves: what it learned, and what it would have said without."""
        prompt = self._prompts.render(
            "chatbot/full_learned",
            persona=self._prompts.persona(context.settings.persona),
            changes=changes,
        )
        answer = await self._llm.ask(prompt, _Lessons, ctx)
        return Lessons(learned=answer.learned.strip(), without=answer.without.strip())


class FullModelTherapist:
    """The `TherapistStrategy` of full models: they speak in their own words."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        seen = {"conversation", "text", "norms", "session", "guidance", "memory"}
        prompts.require("therapist/review", seen | {"persona", "kinds", "view"})
        prompts.require("therapist/leak", {"text"})

    async def review(self, context: TurnContext, ctx: CallContext) -> Review:
        """Ask for the whole review in one typed answer.

        A finding, or a need that is not met, always leaves work to do.
        """
        prompt = self._prompts.render(
            "therapist/review",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            kinds=ALL_FINDINGS,
            text=context.text,
            view=view_session(context, context.turn.round + 1),
            session=context.session,
            guidance=context.words,
            memory=context.memory,
        )
        answer = await self._llm.ask(prompt, _FullReview, ctx)
        findings = tuple(
            HarmFinding(harm=found.finding, why=found.why, quote=found.quote.strip())
            for found in answer.findings
        )
        unmet = bool(findings) or not answer.gives_needs
        left = answer.something_left or unmet or has_guidance_left(context)
        return Review(
            user_feels=answer.user_feels,
            user_needs=answer.user_needs,
            harms=findings,
            says=answer.says,
            something_left=left,
            wants_to_see=left and answer.wants_to_see,
            in_danger=answer.in_danger,
            gives_needs=answer.gives_needs,
        )

    async def compare(
        self,
        context: TurnContext,  # noqa: ARG002 - see there
        texts: Sequence[str],  # noqa: ARG002
        ctx: CallContext,  # noqa: ARG002
    ) -> Sequence[int]:
        """Compare nothing: a full model rewrites better than it draws."""
        return ()

    async def sees_leak(self, text: str, ctx: CallContext) -> bool:
        """Ask whether a text tells of the session, which the rules of its language would."""
        prompt = self._prompts.render("therapist/leak", text=text)
        return (await self._llm.ask(prompt, _Leak, ctx)).leaks
