"""The text of an answer that came to its own end: anything else is no answer."""

from __future__ import annotations

from typing import Final

from bot.errors import LLMRefused, LLMUnavailable
from bot.llm.openai_api.finish_reasons import Ending, ending_of
from bot.llm.openai_api.responses import CompletionChoice
from bot.llm.openai_api.structured import InvalidAnswer
from bot.llm.openai_api.thoughts import text_of, without_thoughts
from bot.reasons import because

MAX_CHARACTERS: Final = 40_000
"""Characters of an answer with its thoughts: twice what `client.MAX_TOKENS` are in English."""
_CUT: Final = "It was cut off for its length. Answer much more briefly."
_TOO_LONG: Final = "It was far too long. Answer much more briefly."
_NOTHING: Final = "There was no answer in it."


def answer_text(choice: CompletionChoice, model: str, address: str) -> str:
    """Return the answer without the thoughts before it.

    Raises LLMRefused if it was declined, LLMUnavailable if it broke off, and InvalidAnswer if
    it was cut off, is far too long, or holds nothing.
    """
    said = text_of(choice.message.content)
    ending = ending_of(choice.finish_reason)
    if choice.message.refusal:
        raise LLMRefused(because("{model} declined to answer.", model=model))
    if ending is Ending.FILTERED:
        raise LLMRefused(because("The filter of {address} stopped the answer.", address=address))
    if ending is Ending.BROKEN:
        raise LLMUnavailable(because("{address} broke off its answer.", address=address))
    if ending is Ending.CUT:
        raise InvalidAnswer(_CUT, because("cut off at the most tokens there may be"), said=said)
    if len(said) > MAX_CHARACTERS:
        detail = because("more than {count} characters", count=str(MAX_CHARACTERS))
        raise InvalidAnswer(_TOO_LONG, detail, said=said)
    text = without_thoughts(said)
    if not text:
        raise InvalidAnswer(_NOTHING, because("no text"), said="")
    return text
