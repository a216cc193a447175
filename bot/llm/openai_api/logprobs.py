"""The likelihood of words as the first of an answer, from its likeliest first tokens."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bot.llm.openai_api.responses import CompletionChoice, TopToken


def first_tokens(choice: CompletionChoice) -> list[TopToken]:
    """Return the likeliest first tokens; none where the endpoint gives no log-probabilities."""
    places = (choice.logprobs.content or []) if choice.logprobs else []
    return places[0].top_logprobs if places else []


def probability_share(
    tokens: Sequence[TopToken], options: Sequence[str]
) -> Mapping[str, float] | None:
    """Return the options' probabilities, scaled to sum to 1; None if no token is one of them."""
    weights = dict.fromkeys(options, 0.0)
    by_word = {_folded(option): option for option in options}
    for token in tokens:
        option = by_word.get(_folded(token.token))
        if option is not None and token.logprob <= 0:  # NaN and nonsense fail this too
            weights[option] += math.exp(token.logprob)
    total = math.fsum(weights.values())
    if total <= 0:
        return None
    return {option: weight / total for option, weight in weights.items()}


def _folded(token: str) -> str:
    """Return a token without case and white space, also as tokenisers write it."""
    return token.strip(" \t\r\n▁Ġ").casefold()
