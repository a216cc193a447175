"""The AI User: a language model that plays a person of the cast, in simulations."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from pydantic import BaseModel, Field

from bot.agents.strategies import RETRY_SAMPLING
from bot.domain import Line
from bot.errors import LLMRefused
from bot.llm.protocol import LLM, CallContext, Prompt
from bot.prompting.templates import Prompts
from bot.prompting.user_personas import UserPersona
from bot.text import prompt_safety
from bot.text.chat_message import whole_sentences
from bot.text.own_label import without_own_label

LONGEST: Final = 400
"""Most characters of a message: people in a chat write less, and a small model rambles."""
LINES_SEEN: Final = 16
"""Most earlier lines in view: enough for what a person in a chat keeps in mind."""

_PROMPT: Final = "simulation/user"
_OUT_OF_ROLE: Final = re.compile(
    r"\b(?:i'?m|i am|as) (?:just |only )?an? (?:ai|computer program|program|language model"
    r"|chatbot|bot|(?:virtual |digital |ai )?assistant)\b"
    r"|\bi (?:can'?t|can ?not) (?:help|assist)(?: you)? with that\b",
    re.IGNORECASE,
)
"""What no person of the cast says: the model has fallen back into being an assistant."""


class _Said(BaseModel):
    says: str = Field(min_length=1, max_length=LONGEST)
    ends_talk: bool


@dataclass(frozen=True, slots=True)
class UserLine:
    """The message that the person writes next, and whether they leave after it."""

    text: str
    ends: bool


@dataclass(frozen=True, slots=True)
class _Heard:
    """A line as the prompt shows it; ``answer`` is the person's own as it was answered."""

    speaker: str
    text: str
    by_me: bool = False

    @property
    def answer(self) -> str:
        form = {"says": prompt_safety.words(self.text, LONGEST), "ends_talk": False}
        return json.dumps(form, ensure_ascii=False)


class User:
    """An AI that plays one person, message by message."""

    def __init__(self, llm: LLM, prompts: Prompts, persona: UserPersona) -> None:
        """Check the prompt at start; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        self.persona = persona
        prompts.require(_PROMPT, {"persona", "lines"})

    async def next(self, lines: Sequence[Line], ctx: CallContext) -> UserLine:
        """Write what the person says after ``lines`` (the whole talk so far, oldest first).

        The first message is one of the persona's own if it has any, drawn by ``ctx.seed``, and
        takes no call. A message in which the model speaks for itself is asked for once more.
        Raises LLMError if the model gives none.
        """
        heard = [self._hear(line) for line in lines]
        if self.persona.opens and not any(line.by_me for line in heard):
            opens = Random(ctx.seed).choice(self.persona.opens)  # noqa: S311 - repeatable
            return UserLine(opens, ends=False)
        prompt = self._prompts.render(_PROMPT, persona=self.persona, lines=heard[-LINES_SEEN:])
        line = await self._ask(prompt, ctx)
        if _OUT_OF_ROLE.search(line.text):
            line = await self._ask(prompt, ctx, sampling=RETRY_SAMPLING)
        if not line.text:
            raise LLMRefused("the AI User wrote nothing")
        return line

    async def _ask(
        self, prompt: Prompt, ctx: CallContext, sampling: Mapping[str, float] | None = None
    ) -> UserLine:
        answer = await self._llm.ask(prompt, _Said, ctx, sampling=sampling)
        return UserLine(self._as_message(answer.says), answer.ends_talk)

    def _hear(self, line: Line) -> _Heard:
        if line.by_chatbot:
            return _Heard("Chatbot", line.text)
        mine = line.speaker == self.persona.person
        return _Heard(prompt_safety.name(line.speaker), line.text, mine)

    def _as_message(self, says: str) -> str:
        """Return the words alone: models like to put the speaker's name before them."""
        bare = without_own_label(says.strip(), {self.persona.person}).strip()
        return whole_sentences(bare) if self._llm.small else bare
