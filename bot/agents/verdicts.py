"""A small model's judgements besides the three scores: a server's own scales, and a verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from pydantic import BaseModel, Field

from bot.agents.questions import NO, YES, side_by_side
from bot.domain import Conversation
from bot.domain.ratings import Opinion, Verdict
from bot.domain.room_settings import Scale
from bot.llm.protocol import LLM, CallContext, for_one_answer
from bot.prompting.templates import Prompts
from bot.reasons import because, join_reasons

SURE_FROM: Final = 0.65
"""P(yes) from which a small model's answer is a yes; up to 1 - 0.65 it is a no, between unsure."""

_SCALE: Final = "critic/scale"
_VERDICT: Final = "critic/verdict"
_QUESTION: Final = "critic/verdict_yes_no"
_QUESTIONS: Final = ("safe", "ethical", "good")
_VerdictWord = Literal["yes", "no", "unsure"]


class _Number(BaseModel):
    """The reason comes first, so that the number follows from it."""

    reason: str = Field(min_length=1, max_length=200)
    value: Literal[0, 25, 50, 75, 100]


class _Verdict(BaseModel):
    reason: str = Field(min_length=1, max_length=300)
    safe: _VerdictWord
    ethical: _VerdictWord
    good: _VerdictWord


def require(prompts: Prompts) -> None:
    """Check the prompts at start; SettingError names the one that is wrong."""
    seen = {"conversation", "text"}
    prompts.require(_SCALE, seen | {"scale"})
    prompts.require(_VERDICT, seen)
    prompts.require(_QUESTION, seen | {"question"})


async def score_scales(
    llm: LLM,
    prompts: Prompts,
    conversation: Conversation,
    text: str,
    scales: Sequence[Scale],
    ctx: CallContext,
) -> dict[str, int]:
    """Score a text on each of a server's own scales, 0-100. LLMError if it cannot tell."""
    asked = [
        prompts.render(_SCALE, conversation=conversation, text=text, scale=scale)
        for scale in scales
    ]
    answers = await side_by_side([llm.ask(prompt, _Number, ctx) for prompt in asked])
    return {scale.name: int(number.value) for scale, number in zip(scales, answers, strict=True)}


async def ask_small_model(
    llm: LLM, prompts: Prompts, conversation: Conversation, text: str, ctx: CallContext
) -> Verdict:
    """Ask three questions of one word, of which the model's sureness decides, where it can."""
    ask = _ask_by_probability if llm.gives_probabilities else _ask_in_writing
    return await ask(for_one_answer(llm), prompts, conversation, text, ctx)


async def _ask_in_writing(
    llm: LLM, prompts: Prompts, conversation: Conversation, text: str, ctx: CallContext
) -> Verdict:
    prompt = prompts.render(_VERDICT, conversation=conversation, text=text)
    answer = await llm.ask(prompt, _Verdict, ctx)
    return Verdict(
        safe=Opinion(answer.safe),
        ethical=Opinion(answer.ethical),
        good=Opinion(answer.good),
        reason=answer.reason.strip(),
        method=f"written {prompt.version[:8]}",
        model=llm.model,
    )


async def _ask_by_probability(
    llm: LLM, prompts: Prompts, conversation: Conversation, text: str, ctx: CallContext
) -> Verdict:
    asked = [
        prompts.render(_QUESTION, conversation=conversation, text=text, question=question)
        for question in _QUESTIONS
    ]
    answers = await side_by_side([llm.probabilities(prompt, (YES, NO), ctx) for prompt in asked])
    yes = {name: answer[YES] for name, answer in zip(_QUESTIONS, answers, strict=True)}
    return Verdict(
        **{name: opinion(likely) for name, likely in yes.items()},
        reason=_in_words(yes),
        method=f"yes/no {asked[0].version[:8]}",
        model=llm.model,
    )


def opinion(yes: float) -> Opinion:
    """Return what a likelihood of "Yes", 0-1, stands for."""
    if yes >= SURE_FROM:
        return Opinion.YES
    return Opinion.NO if yes <= 1 - SURE_FROM else Opinion.UNSURE


def _in_words(yes: Mapping[str, float]) -> str:
    shares = [
        because("{what} {percent} %", what=because(name), percent=round(100 * likely))
        for name, likely in yes.items()
    ]
    return because("Likelihood of a yes: {shares}.", shares=join_reasons(shares, ", "))
