"""The usage of a piece of an evaluation."""

from __future__ import annotations

from bot.domain import Value


class Spent(Value):
    """The usage of a text. ``seconds`` on the clock; ``cost`` in US dollars, None if not known."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    cost: float | None = None
