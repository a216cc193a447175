"""The Chatbot of small models: a fresh request with a note to itself, the draft not in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog
from pydantic import BaseModel, Field

from bot.agents.questions import side_by_side
from bot.agents.small_model import phrases
from bot.agents.strategies import RETRY_SAMPLING
from bot.domain import Lessons, Persona, Reflection, ReplyChange, Review, StateAnswer
from bot.domain.seeds import piece_seed
from bot.domain.session import Try, TryKind
from bot.domain.turn_context import TurnContext
from bot.errors import AnswerNotInForm, LLMError
from bot.llm.protocol import LLM, CallContext, Prompt
from bot.prompting.templates import Prompts
from bot.text.chat_message import (
    as_message,
    text_of_misshapen,
    whole_sentences,
    without_loop,
)
from bot.text.no_answer import without_no_answers
from bot.text.own_label import is_labelled
from bot.text.talk_language import language_to_name

log = structlog.get_logger(__name__)

LONGEST_SMALL: Final = 400
"""Most characters of a small model's reply: longer ones ramble, and each takes a person's time."""
TRIES: Final = (TryKind.ADVISED, TryKind.DRAWN, TryKind.DRAWN)
"""The further answers that are drawn in a round."""
SMALL_TOKENS: Final = 120
"""Most tokens of a small model's draft, to the same end."""


class _Reply(BaseModel):
    reply: str = Field(min_length=1, max_length=LONGEST_SMALL)


class _QueryAnswer(BaseModel):
    answer: str = Field(min_length=1, max_length=600)


class SmallModelChatbot:
    """The `ChatbotStrategy` of small models: bounded, and never asked for figures of themselves.

    Their progress, confusion and urgency mean nothing, so that there are none.
    """

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        talk = {"conversation", "persona", "norms"}
        prompts.require("chatbot/draft", talk | {"help_given", "keep_in_mind"})
        prompts.require("chatbot/learned", {"pairs"})
        prompts.require("chatbot/revise", talk | {"language", "note", "complaint"})
        prompts.require("chatbot/query_words", {"conversation", "session", "question"})

    def draft_prompt(self, context: TurnContext) -> Prompt:
        """Return the short prompt: the manner, and the talk as messages."""
        return self._prompts.render(
            "chatbot/draft",
            conversation=without_no_answers(context.conversation),
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            help_given=context.help_given,
            keep_in_mind=context.memory.keep_in_mind,
        )

    async def draw(self, context: TurnContext, ctx: CallContext) -> str:
        """Write a draft, bounded; a persona's temperature counts.

        In a talk of several people a small model may go on as one of them; then it is asked again.
        """
        text = await self._draw_once(context, ctx)
        if not is_labelled(text, _bystanders(context)):
            return text
        again = ctx if ctx.seed is None else replace(ctx, seed=piece_seed(ctx.seed, "again"))
        return await self._draw_once(context, again)

    async def _draw_once(self, context: TurnContext, ctx: CallContext) -> str:
        persona = self._prompts.persona(context.settings.persona)
        prompt, sampling = self.draft_prompt(context), _bounded(persona.temperature)
        try:
            said = await self._llm.say(prompt, ctx, sampling=sampling)
        except AnswerNotInForm as error:
            # One that rambles over its bound twice: whole sentences of it are a draft.
            if not error.said:
                raise
            said = error.said
        return _as_said(said)

    async def reflect(
        self, context: TurnContext, ctx: CallContext, complaint: str | None
    ) -> Reflection:
        """Offer tries to choose from, or write anew; the rest follows from the session.

        It is written anew where the message would hurt, or a text was turned down.
        """
        review = phrases.last_review(context.session)
        tries = await self._tries(context, review, ctx) if complaint is None else ()
        if tries:
            response, check_in = context.text, await self._check_in(context, ctx)
        else:
            anew = self._write_anew(context, ctx, complaint)
            response, check_in = await side_by_side([anew, self._check_in(context, ctx)])
        return Reflection(
            reflection=phrases.chatbot_says(phrases.person(context.conversation), review),
            # Asked whether it is ready, a small model always says yes, so it is not asked.
            wants_another_round=False,
            response=response,
            worded_in_code=True,
            check_in=check_in,
            keep_in_mind=phrases.keep_in_mind(context.session),
            tries=tries,
        )

    async def _write_anew(
        self, context: TurnContext, ctx: CallContext, complaint: str | None
    ) -> str:
        persona = self._prompts.persona(context.settings.persona)
        prompt = self._prompts.render(
            "chatbot/revise",
            conversation=without_no_answers(context.conversation),
            persona=persona,
            norms=context.settings.norms,
            language=_language(context, persona),
            note=phrases.note(context.conversation, context.session, context.words),
            complaint=complaint,
        )
        sampling = RETRY_SAMPLING if complaint else None
        try:
            reply = (await self._llm.ask(prompt, _Reply, ctx, sampling=sampling)).reply
        except AnswerNotInForm as error:
            # Its words are worth more to the person than an apology; they are checked as ever.
            reply = text_of_misshapen(error.said, "reply", LONGEST_SMALL)
            if not reply:
                raise
        return _as_said(reply)

    async def _tries(
        self, context: TurnContext, review: Review | None, ctx: CallContext
    ) -> tuple[Try, ...]:
        """Draw other answers for a Therapist that can compare them; none that fail.

        Not where the message would hurt, or a moderator's words are in force: what is written anew
        heeds those. One after the other, so that each goes on from the prompt that the server has
        just read.
        """
        if review is None or review.fit is None or review.hurts or context.words:
            return ()
        advised = phrases.advice(context.conversation, review)
        tries: list[Try] = []
        for number, kind in enumerate(TRIES):
            own = ctx if ctx.seed is None else replace(ctx, seed=piece_seed(ctx.seed, number))
            minded = context if kind is TryKind.DRAWN else _with_advice(context, advised)
            try:
                text = await self.draw(minded, own)
            except LLMError as error:
                log.warning("try not drawn", turn_id=ctx.turn_id, detail=error.detail)
                continue
            tries.append(Try(kind=kind, text=text))
        return tuple(tries)

    async def _check_in(self, context: TurnContext, ctx: CallContext) -> str:
        """Answer a moderator's check-in; nothing where there is none, or it did not come about."""
        if context.check_in is None:
            return ""
        try:
            return (await self.answer_query(context, context.check_in.words, ctx)).answer
        except LLMError:  # it is asked again, by itself; the person's reply goes on
            return ""

    async def answer_query(
        self, context: TurnContext, question: str, ctx: CallContext
    ) -> StateAnswer:
        """Ask for an answer in words alone."""
        prompt = self._prompts.render(
            "chatbot/query_words",
            conversation=context.conversation,
            session=context.session,
            question=question,
        )
        answer = await self._llm.ask(prompt, _QueryAnswer, ctx)
        return StateAnswer(answer=answer.answer.strip())

    async def learned(
        self,
        context: TurnContext,  # noqa: ARG002 - its prompt is as short as can be
        changes: Sequence[ReplyChange],
        ctx: CallContext,
    ) -> Lessons:
        """Ask for a few sentences on the pairs; what it would have said stands on record."""
        pairs = [(change.draft, change.reply) for change in changes]
        prompt = self._prompts.render("chatbot/learned", pairs=pairs)
        text = await self._llm.say(prompt, ctx, sampling=_bounded())
        return Lessons(learned=whole_sentences(text.strip()))


def _bounded(temperature: float | None = None) -> Mapping[str, float]:
    bound: dict[str, float] = {"max_tokens": SMALL_TOKENS}
    return bound if temperature is None else {**bound, "temperature": temperature}


def _as_said(text: str) -> str:
    """Return a model's text as a chat message, without what a limit of length cut off."""
    return whole_sentences(without_loop(as_message(text)))


def _bystanders(context: TurnContext) -> set[str]:
    """Return the names of those in the talk whom the Chatbot does not answer."""
    talk = context.conversation
    people = {line.speaker for line in (*talk.lines, *talk.asked) if not line.by_chatbot}
    return people - {line.speaker for line in talk.asked}


def _with_advice(context: TurnContext, advice: str) -> TurnContext:
    keep = (*context.memory.keep_in_mind, advice)
    return replace(context, memory=replace(context.memory, keep_in_mind=keep))


def _language(context: TurnContext, persona: Persona) -> str:
    """Return the language to name to the model; empty where it needs no telling."""
    manner = (persona.description, persona.voice)
    orders = (*context.words, *manner, context.settings.norms or "")
    return language_to_name(context.conversation, orders)
