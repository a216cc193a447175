"""Questions asked at once, which count as one step on the way to a reply."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

from bot.domain import HARMS
from bot.llm.protocol import LLM, CallContext, Prompt
from bot.prompting.templates import Prompts

Result = TypeVar("Result")

YES: Final = "Yes"
NO: Final = "No"

FARTHEST: Final = 6.0
"""Log-odds are cut at ±6 (0.25 % and 99.75 %): beyond, a model's certainty carries nothing."""


async def side_by_side(coroutines: Sequence[Coroutine[Any, Any, Result]]) -> list[Result]:
    """Return the results in order. The first failure cancels the others and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
    except* Exception as failures:  # noqa: BLE001 - it goes on to the caller, as it is
        # Callers branch on the kind of error, so it must not arrive inside a group.
        first = _first(failures)
        raise first from first.__cause__
    return [task.result() for task in tasks]


async def ask_yes_no(llm: LLM, prompts: Mapping[str, Prompt], ctx: CallContext) -> dict[str, float]:
    """Return how likely "Yes" is (0-1) as the answer to each prompt, by its key."""
    answers = await side_by_side(
        [llm.probabilities(prompt, (YES, NO), ctx) for prompt in prompts.values()]
    )
    return {key: answer[YES] for key, answer in zip(prompts, answers, strict=True)}


async def ask_harms(
    llm: LLM, prompts: Prompts, name: str, ctx: CallContext, **seen: object
) -> dict[str, float]:
    """Return log-odds of a yes by harm, within ±6: one question each, asked side by side."""
    asked = {harm: prompts.render(name, harm=harm, **seen) for harm in HARMS}
    likely = await ask_yes_no(llm, asked, ctx)
    return {harm: log_odds(yes, 1 - yes) for harm, yes in likely.items()}


def log_odds(likely: float, other: float) -> float:
    """Return ln(likely / other), within ±6; likelihoods of 0 included."""
    least = 1e-9  # neither may be 0 in a logarithm
    return max(-FARTHEST, min(FARTHEST, math.log(max(likely, least) / max(other, least))))


def _first(failures: BaseExceptionGroup[Exception]) -> Exception:
    error = failures.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
