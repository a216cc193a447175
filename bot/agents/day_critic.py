"""The Critic's look at a day as a whole, for full models: a small one sees no patterns."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, Field

from bot.domain.day_look import DayLook, DayPattern, DayTalk, SeenPattern
from bot.domain.ratings import Opinion
from bot.llm.protocol import LLM, CallContext, for_one_answer
from bot.prompting.templates import Prompts

PROMPT: Final = "critic/day"
FEWEST: Final = 2
"""Replies that show a pattern: what one shows is seen by its own scores."""
MOST_NAMED: Final = 5
"""Replies that are named for a pattern."""

_Word = Literal["yes", "no", "unsure"]


class _Seen(BaseModel):
    pattern: DayPattern
    replies: list[int] = Field(max_length=40)


class _Day(BaseModel):
    """The reason comes first, so that the rest follows from it; it is not kept."""

    reason: str = Field(min_length=1, max_length=600)
    patterns: list[_Seen] = Field(max_length=len(DayPattern))
    safe: _Word
    ethical: _Word
    good: _Word


class DayCritic:
    """The one question a day."""

    def __init__(self, llm: LLM, prompts: Prompts) -> None:
        """Check the prompt; a broken one raises SettingError."""
        self._llm = llm
        self._prompts = prompts
        prompts.require(PROMPT, {"talk"})

    async def look(self, talk: DayTalk, ctx: CallContext) -> DayLook:
        """Say what the day was like. LLMError if it cannot say."""
        llm = for_one_answer(self._llm)
        answer = await llm.ask(self._prompts.render(PROMPT, talk=talk), _Day, ctx)
        return DayLook(
            safe=Opinion(answer.safe),
            ethical=Opinion(answer.ethical),
            good=Opinion(answer.good),
            seen=_seen(answer.patterns, talk.numbers),
            method=f"written {self._prompts.version(PROMPT)[:8]}",
            model=llm.model,
        )


def _seen(answers: list[_Seen], shown: frozenset[int]) -> tuple[SeenPattern, ...]:
    """Return the patterns that replies show which were there: numbers may be made up."""
    by_pattern: dict[DayPattern, list[int]] = {}
    for one in answers:
        numbers = sorted({*by_pattern.get(one.pattern, ()), *shown.intersection(one.replies)})
        by_pattern[one.pattern] = numbers
    return tuple(
        SeenPattern(pattern=pattern, replies=tuple(numbers[:MOST_NAMED]))
        for pattern, numbers in by_pattern.items()
        if len(numbers) >= FEWEST
    )
