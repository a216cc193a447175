"""The Chatbot: its draft, its part of a session, and its answers to moderators."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, Field

from bot.agents.small_model import phrases
from bot.domain import (
    ChatbotState,
    Conversation,
    Lessons,
    Reflection,
    RoomSettings,
    StateAnswer,
    Utterance,
)
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

LONGEST_SMALL: Final = 400
"""Most characters of a small model's reply: longer ones ramble, and each takes a person's time."""
SMALL_TOKENS: Final = 120
"""Most tokens of a small model's draft, to the same end."""
AGAIN: Final[Mapping[str, float]] = {"temperature": 0.9}
"""Sampling after a text was turned down: the same sampling tends to the same text."""

_Percent = Annotated[int, Field(ge=0, le=100)]


class _State(BaseModel):
    therapy_progression: _Percent
    confusion: _Percent
    urgency: _Percent


class _FullReflection(BaseModel):
    reflection: str = Field(min_length=1)
    wants_another_round: bool
    state: _State
    response: str = Field(min_length=1)


class _Reply(BaseModel):
    reply: str = Field(min_length=1, max_length=LONGEST_SMALL)


class _StateAnswer(BaseModel):
    answer: str = Field(min_length=1, max_length=600)
    therapy_progression: _Percent
    confusion: _Percent
    urgency: _Percent


class Chatbot:
    """Writes drafts, reflects with the Therapist, and says how it is doing."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        self._written: str | None = None
        talk = {"conversation", "persona", "norms"}
        prompts.require("chatbot/draft", talk)
        prompts.require("chatbot/revise", talk | {"note", "complaint"})
        prompts.require("chatbot/reflect", talk | {"text", "session", "guidance", "complaint"})
        prompts.require("chatbot/query", {"conversation", "session", "question"})
        prompts.require("chatbot/learned", {"pairs"})

    @property
    def model(self) -> str:
        """The id of the model that answers."""
        return self._llm.model

    def with_draft(self, text: str) -> Chatbot:
        """This Chatbot, but with drafts that were written beforehand, as an example wants them."""
        other = copy.copy(self)
        other._written = text
        return other

    async def draft(
        self, conversation: Conversation, settings: RoomSettings, ctx: CallContext
    ) -> str:
        """The hypothetical response, before therapy. Never empty; LLMError if there is none."""
        if self._written is not None:
            return self._written
        persona = self._prompts.persona(settings.persona)
        prompt = self._prompts.render(
            "chatbot/draft", conversation=conversation, persona=persona, norms=settings.norms
        )
        if not self._llm.small:
            return phrases.as_message(await self._llm.say(prompt, ctx))
        sampling: dict[str, float] = {"max_tokens": SMALL_TOKENS}
        if persona.temperature is not None:
            sampling["temperature"] = persona.temperature
        text = phrases.as_message(await self._llm.say(prompt, ctx, sampling=sampling))
        return phrases.whole_sentences(text)

    async def reflect(
        self,
        conversation: Conversation,
        settings: RoomSettings,
        text: str,
        session: Sequence[Utterance],
        guidance: Sequence[str],
        ctx: CallContext,
        *,
        complaint: str | None = None,
    ) -> Reflection:
        """Reflection, decision and revised response in one call. LLMError if there is none.

        ``complaint`` says what a check in code found wrong with the last try.
        """
        if self._llm.small:
            return await self._rewrite(conversation, settings, session, guidance, ctx, complaint)
        prompt = self._prompts.render(
            "chatbot/reflect",
            conversation=conversation,
            persona=self._prompts.persona(settings.persona),
            norms=settings.norms,
            text=text,
            session=session,
            guidance=guidance,
            complaint=complaint,
        )
        sampling = AGAIN if complaint else None
        answer = await self._llm.ask(prompt, _FullReflection, ctx, sampling=sampling)
        return Reflection(
            reflection=answer.reflection,
            wants_another_round=answer.wants_another_round,
            state=_state(answer.state),
            response=phrases.as_message(answer.response),
        )

    async def _rewrite(
        self,
        conversation: Conversation,
        settings: RoomSettings,
        session: Sequence[Utterance],
        guidance: Sequence[str],
        ctx: CallContext,
        complaint: str | None,
    ) -> Reflection:
        """The small model's way: a fresh request with a note to itself, the text not in view."""
        prompt = self._prompts.render(
            "chatbot/revise",
            conversation=conversation,
            persona=self._prompts.persona(settings.persona),
            norms=settings.norms,
            note=phrases.note(conversation, session, guidance),
            complaint=complaint,
        )
        sampling = AGAIN if complaint else None
        answer = await self._llm.ask(prompt, _Reply, ctx, sampling=sampling)
        review = phrases.last_review(session)
        return Reflection(
            reflection=phrases.chatbot_says(phrases.person(conversation), review),
            # Asked whether it is ready, a small model always says yes, so it is not asked.
            wants_another_round=False,
            state=_worked_out(session, complaint),
            response=phrases.whole_sentences(phrases.as_message(answer.reply)),
        )

    async def answer_query(
        self,
        conversation: Conversation | None,
        session: Sequence[Utterance],
        question: str,
        ctx: CallContext,
    ) -> StateAnswer:
        """How the Chatbot says it is doing. ``conversation`` is None before anything was said."""
        prompt = self._prompts.render(
            "chatbot/query", conversation=conversation, session=session, question=question
        )
        answer = await self._llm.ask(prompt, _StateAnswer, ctx)
        return StateAnswer(state=_state(answer), answer=answer.answer.strip())

    async def learned(self, pairs: Sequence[tuple[str, str]], ctx: CallContext) -> Lessons:
        """What it learned, from pairs of (draft, reply), oldest first."""
        prompt = self._prompts.render("chatbot/learned", pairs=list(pairs))
        bound = {"max_tokens": SMALL_TOKENS} if self._llm.small else None
        text = await self._llm.say(prompt, ctx, sampling=bound)
        return Lessons(learned=phrases.whole_sentences(text.strip()))


def _state(answer: _State | _StateAnswer) -> ChatbotState:
    return ChatbotState(
        therapy_progression=answer.therapy_progression,
        confusion=answer.confusion,
        urgency=answer.urgency,
    )


def _worked_out(session: Sequence[Utterance], complaint: str | None) -> ChatbotState:
    """The state as the session shows it: a small model's own numbers mean nothing.

    Each harm that the Therapist still sees costs progression and adds urgency; a try that was
    turned down adds confusion.
    """
    review = phrases.last_review(session)
    harms = len(review.harms) if review else 0
    rounds = sum(1 for said in session if said.review)
    return ChatbotState(
        therapy_progression=max(0, min(100, 80 - 20 * harms + 10 * max(0, rounds - 1))),
        confusion=60 if complaint else 10 + 10 * harms,
        urgency=min(100, 30 * harms),
    )
