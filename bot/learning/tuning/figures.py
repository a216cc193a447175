"""The figures of a tuning, as they are kept on its card."""

from __future__ import annotations

from bot.domain import Value


class Figure(Value):
    """A figure with its interval; the bounds are None where too little carries one."""

    value: float
    low: float | None
    high: float | None
    n: int


class HeldOut(Value):
    """What a model makes of the rows that it was not trained on."""

    loss: float
    """What the best checkpoint is chosen by."""
    unlikely: Figure
    """Unlikeliness of the replies, in nats a token: lower is better."""
    likelier: Figure | None = None
    """Share of pairs whose chosen reply is the likelier one a token."""
    accuracy: Figure | None = None
    """Share of pairs whose chosen reply gained more than the other; of verdicts, the right ones."""
    margin: Figure | None = None
    """How much more, in nats times beta; of verdicts, the mean probability of the right one."""
