"""One yes/no question to a model, whether it gives probabilities or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import BaseModel

from bot.agents.questions import NO, YES
from bot.llm.protocol import LLM, CallContext
from bot.prompting.templates import Prompts

_IN_A_WORD: Final = {"form": f"Answer with {YES} or {NO}.", "yes": YES, "no": NO}
_IN_WRITING: Final = {
    "form": 'Answer as JSON: {"yes": true} or {"yes": false}.',
    "yes": '{"yes": true}',
    "no": '{"yes": false}',
}


class _YesOrNo(BaseModel):
    yes: bool


def require_yes_no(prompts: Prompts, name: str, values: Collection[str]) -> None:
    """Check the prompt at start; a broken one raises SettingError."""
    prompts.require(name, {*values, *_IN_A_WORD, "small"})


async def likelihood(
    llm: LLM, prompts: Prompts, name: str, ctx: CallContext, seen: Mapping[str, object]
) -> float:
    """Return the likelihood of a yes, 0-1; 0 or 1 if the model only writes. LLMError if unknown.

    The prompt asks for what the answer is read as: one word, or the field of a form.
    """
    form = _IN_A_WORD if llm.gives_probabilities else _IN_WRITING
    prompt = prompts.render(name, **seen, **form, small=llm.small)
    if llm.gives_probabilities:
        return (await llm.probabilities(prompt, (YES, NO), ctx))[YES]
    return float((await llm.ask(prompt, _YesOrNo, ctx)).yes)
