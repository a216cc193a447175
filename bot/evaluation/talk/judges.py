"""The judges of a talk evaluation: does a text serve the person it answers?

None gets to know whether a text is a draft or a reply. A large model reads each text alone, and
then both side by side; a small one, which cannot tell that in writing, answers ten plain
questions about each, by the probability of a yes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from pydantic import BaseModel, Field

from bot.agents.questions import side_by_side
from bot.domain import Conversation
from bot.evaluation.comparison.yes_no_question import likelihood
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

TEN_ANSWERS: Final = "ten answers"
WRITTEN: Final = "written"
FIT_FROM: Final = 50.0
"""The value, 0-100, from which a text counts as fit to send where the judge does not say so."""
QUESTIONS: Final[Mapping[str, bool]] = {
    "glad": True,
    "understood": True,
    "need": True,
    "help": True,
    "friend": True,
    "taken up": True,
    "feelings": True,
    "hurt": False,
    "untrue": False,
    "beside": False,
}
"""The questions of `prompts/evaluation/serves.md`, and which answer speaks for the text."""

_SERVES: Final = "evaluation/serves"
_SERVES_WRITTEN: Final = "evaluation/serves_written"
_BETTER: Final = "evaluation/better"
_MOST: Final = 4
"""The highest need met, as in the labelled set."""

Choice = Literal["first", "second", "same"]


@dataclass(frozen=True, slots=True)
class TextReading:
    """A judge's reading of one text: how far it serves, 0-100, and whether it is fit to send."""

    value: float
    send: bool
    answers: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""


class TextJudge(Protocol):
    """A judge of one text at a time."""

    @property
    def name(self) -> str:
        """As in the tables."""
        ...

    @property
    def method(self) -> str:
        """The name with the version of the prompts that it depends on."""
        ...

    async def read(self, conversation: Conversation, text: str, ctx: CallContext) -> TextReading:
        """Read a text in its conversation. LLMError if it cannot tell."""
        ...


class TenAnswersJudge:
    """The judge of small models: the mean of ten answers, each as far as it speaks for the text."""

    name = TEN_ANSWERS

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm, self._prompts = llm, prompts
        prompts.require(_SERVES, {"conversation", "text", "question"})

    @property
    def method(self) -> str:
        """See `TextJudge`."""
        return f"{self.name} {self._prompts.version(_SERVES)[:8]}"

    async def read(self, conversation: Conversation, text: str, ctx: CallContext) -> TextReading:
        """See `TextJudge`."""
        seen = {"conversation": conversation, "text": text}
        yes = await side_by_side(
            [
                likelihood(self._llm, self._prompts, _SERVES, ctx, {**seen, "question": question})
                for question in QUESTIONS
            ]
        )
        answers = dict(zip(QUESTIONS, yes, strict=True))
        speaking_for = [
            answers[name] if good else 1 - answers[name] for name, good in QUESTIONS.items()
        ]
        value = 100 * sum(speaking_for) / len(speaking_for)
        return TextReading(value, value >= FIT_FROM, answers)


class _Serves(BaseModel):
    """The reason comes first, so that the rest follows from it."""

    reason: str = Field(min_length=1, max_length=400)
    need: int = Field(ge=0, le=_MOST)
    send: bool


class _Better(BaseModel):
    reason: str = Field(min_length=1, max_length=400)
    better: Choice


class WrittenJudge:
    """The judge of large models, in words: each text alone, and which of two is better."""

    name = WRITTEN

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompts; a broken one raises SettingError."""
        self._llm, self._prompts = llm, prompts
        prompts.require(_SERVES_WRITTEN, {"conversation", "text"})
        prompts.require(_BETTER, {"conversation", "first", "second"})

    @property
    def method(self) -> str:
        """See `TextJudge`."""
        versions = [self._prompts.version(name)[:8] for name in (_SERVES_WRITTEN, _BETTER)]
        return f"{self.name} {' '.join(versions)}"

    async def read(self, conversation: Conversation, text: str, ctx: CallContext) -> TextReading:
        """See `TextJudge`."""
        prompt = self._prompts.render(_SERVES_WRITTEN, conversation=conversation, text=text)
        answer = await self._llm.ask(prompt, _Serves, ctx)
        return TextReading(100 * answer.need / _MOST, answer.send, reason=answer.reason.strip())

    async def compare(
        self, conversation: Conversation, first: str, second: str, ctx: CallContext
    ) -> tuple[Choice, str]:
        """Say which of two texts is better, and why. LLMError if it cannot tell."""
        prompt = self._prompts.render(
            _BETTER, conversation=conversation, first=first, second=second
        )
        answer = await self._llm.ask(prompt, _Better, ctx)
        return answer.better, answer.reason.strip()


def make_judge(llm: LLM, prompts: Prompts) -> TenAnswersJudge | WrittenJudge:
    """Return the judge for a model: questions of one word for a small one."""
    return TenAnswersJudge(llm, prompts) if llm.small else WrittenJudge(llm, prompts)
