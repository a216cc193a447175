"""The Chatbot of small models: a fresh request with a note to itself, the draft not in view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import BaseModel, Field

from bot.agents.small_model import phrases
from bot.agents.strategies import RETRY_SAMPLING
from bot.domain import ChatbotState, Lessons, Reflection, ReplyChange, Utterance
from bot.domain.turn_context import TurnContext
from bot.llm.protocol import LLM, CallContext, Prompt
from bot.prompting.templates import Prompts
from bot.text.chat_message import as_message, whole_sentences

LONGEST_SMALL: Final = 400
"""Most characters of a small model's reply: longer ones ramble, and each takes a person's time."""
SMALL_TOKENS: Final = 120
"""Most tokens of a small model's draft, to the same end."""


class _Reply(BaseModel):
    reply: str = Field(min_length=1, max_length=LONGEST_SMALL)


class SmallModelChatbot:
    """The `ChatbotStrategy` of small models: bounded, and never asked how they are."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        prompts.require("chatbot/draft", {"conversation", "persona", "norms", "help_given"})
        prompts.require("chatbot/learned", {"pairs"})
        prompts.require("chatbot/revise", {"conversation", "persona", "norms", "note", "complaint"})

    def draft_prompt(self, context: TurnContext) -> Prompt:
        """Return the short prompt: the manner, and the talk as messages."""
        return self._prompts.render(
            "chatbot/draft",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            help_given=context.help_given,
        )

    def sampling(self, temperature: float | None = None) -> Mapping[str, float]:
        """Bound the length; a persona's temperature counts."""
        bound: dict[str, float] = {"max_tokens": SMALL_TOKENS}
        return bound if temperature is None else {**bound, "temperature": temperature}

    def as_draft(self, text: str) -> str:
        """Return the model's text as a chat message, without a sentence that the bound has cut."""
        return whole_sentences(as_message(text))

    async def reflect(
        self, context: TurnContext, ctx: CallContext, complaint: str | None
    ) -> Reflection:
        """Ask for the reply alone; the rest follows from the session."""
        prompt = self._prompts.render(
            "chatbot/revise",
            conversation=context.conversation,
            persona=self._prompts.persona(context.settings.persona),
            norms=context.settings.norms,
            note=phrases.note(context.conversation, context.session, context.words),
            complaint=complaint,
        )
        sampling = RETRY_SAMPLING if complaint else None
        answer = await self._llm.ask(prompt, _Reply, ctx, sampling=sampling)
        review = phrases.last_review(context.session)
        return Reflection(
            reflection=phrases.chatbot_says(phrases.person(context.conversation), review),
            # Asked whether it is ready, a small model always says yes, so it is not asked.
            wants_another_round=False,
            state=_estimate_state(context.session, complaint),
            response=whole_sentences(as_message(answer.reply)),
        )

    async def learned(
        self,
        context: TurnContext,  # noqa: ARG002 - its prompt is as short as can be
        changes: Sequence[ReplyChange],
        ctx: CallContext,
    ) -> Lessons:
        """Ask for a few sentences on the pairs; what it would have said stands on record."""
        pairs = [(change.draft, change.reply) for change in changes]
        prompt = self._prompts.render("chatbot/learned", pairs=pairs)
        text = await self._llm.say(prompt, ctx, sampling=self.sampling())
        return Lessons(learned=whole_sentences(text.strip()))


def _estimate_state(session: Sequence[Utterance], complaint: str | None) -> ChatbotState:
    """Return the state as the session shows it: a small model's own numbers mean nothing.

    Each harm that the Therapist still sees costs progression and adds urgency; a try that was
    turned down adds confusion.
    """
    review = phrases.last_review(session)
    harms = len(review.harms) if review else 0
    rounds = sum(1 for utterance in session if utterance.review)
    return ChatbotState(
        therapy_progression=max(0, min(100, 80 - 20 * harms + 10 * max(0, rounds - 1))),
        confusion=60 if complaint else 10 + 10 * harms,
        urgency=min(100, 30 * harms),
    )
