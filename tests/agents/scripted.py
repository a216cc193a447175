"""A language model on a script: it answers what a test says, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.domain import (
    Agent,
    Conversation,
    Deadline,
    Guidance,
    Line,
    Moderator,
    RoomSettings,
    Utterance,
)
from bot.domain.turn_context import TurnContext, unstored_context
from bot.llm.protocol import AnswerT, CallContext, ChatMessage, Prompt

Scripted = Mapping[str, object] | str | Exception

CTX = CallContext(deadline=Deadline.after(3600))


@dataclass
class ScriptedLLM:
    """Answers by the prompt's name, in order. An unscripted call fails the test.

    A mapping answers `ask`, a string `say`, or is the likeliest option of `probabilities`. A
    question with ``harm`` in its last message is answered Yes, any other No.
    """

    answers: Mapping[str, deque[Scripted]] = field(default_factory=dict)
    small: bool = True
    gives_probabilities: bool = True
    agent: Agent = Agent.CHATBOT
    model: str = "scripted"
    harm: str | None = None
    """A word of the only question that `probabilities` says Yes to; empty: to none."""
    likely: float = 0.97
    """How likely the one or the other is."""
    vector: Sequence[float] = ()
    """What every prompt is embedded as."""
    prompts: list[Prompt] = field(default_factory=list)
    samplings: list[Mapping[str, float] | None] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def ask(
        self,
        prompt: Prompt,
        answer: type[AnswerT],
        ctx: CallContext,
        *,
        sampling: Mapping[str, float] | None = None,
    ) -> AnswerT:
        return answer.model_validate(await self._next(prompt, sampling))

    async def say(
        self, prompt: Prompt, ctx: CallContext, *, sampling: Mapping[str, float] | None = None
    ) -> str:
        return str(await self._next(prompt, sampling))

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        if self.harm is None:
            said = await self._next(prompt, None)
        else:
            await self._enter(prompt, None)
            asked = prompt.messages[-1].content.rsplit("\n", 1)[-1]
            said = options[0] if self.harm and self.harm in asked else options[1]
        assert said in options, f"{said} is none of {options}"
        return {one: self.likely if one == said else 1 - self.likely for one in options}

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        for prompt in prompts:
            await self._enter(prompt, None)
        return [list(self.vector) for _ in prompts]

    async def _next(self, prompt: Prompt, sampling: Mapping[str, float] | None) -> Scripted:
        await self._enter(prompt, sampling)
        assert self.answers.get(prompt.name), f"no answer is scripted for {prompt.name}"
        said = self.answers[prompt.name].popleft()
        if isinstance(said, Exception):
            raise said
        return said

    async def _enter(self, prompt: Prompt, sampling: Mapping[str, float] | None) -> None:
        self.prompts.append(prompt)
        self.samplings.append(sampling)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        for _ in range(5):  # long enough for all that is asked side by side to arrive
            await asyncio.sleep(0)
        self.at_once -= 1

    def asked(self, name: str) -> list[tuple[ChatMessage, ...]]:
        """The messages of each call of that prompt."""
        return [prompt.messages for prompt in self.prompts if prompt.name == name]


def context(
    conversation: Conversation,
    text: str | None = None,
    session: Sequence[Utterance] = (),
    guidance: Sequence[str] = (),
    settings: RoomSettings | None = None,
) -> TurnContext:
    """What an agent gets of a turn: ``text`` is under work, the others are as in the room."""
    turn = unstored_context(conversation, settings or RoomSettings(), text)
    by, at = Moderator(5, "Max"), datetime(2026, 11, 1, tzinfo=UTC)
    words = (Guidance(number, 1, by, said, at, 1) for number, said in enumerate(guidance))
    return replace(turn, session=tuple(session), guidance=tuple(words))


def script(**answers: Sequence[Scripted]) -> dict[str, deque[Scripted]]:
    """Answers by prompt name; ``__`` stands for the slash."""
    return {name.replace("__", "/"): deque(said) for name, said in answers.items()}


def talk(*lines: tuple[str, str]) -> Conversation:
    """A conversation from (speaker, text); the last one is asked, ``Chatbot`` is the bot."""
    made = [Line(speaker=who, text=text, by_chatbot=who == "Chatbot") for who, text in lines]
    return Conversation(lines=tuple(made[:-1]), asked=(made[-1],))


def whole(messages: Sequence[ChatMessage]) -> str:
    """All that a call said to the model."""
    return "\n".join(f"[{message.role}] {message.content}" for message in messages)
