"""The limits of a day: what is counted, for whom, and how much there may be of it.

Days are those of UTC. Money is counted in whole nano-dollars, so that sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.domain.turns import Agent

NANO: Final = 1_000_000_000
"""Nano-dollars of a US dollar: a token of the cheapest models costs some dozens."""
STEPS: Final = (50, 80, 100)
"""Percent of a limit at which moderators are told."""
ROOM_LEFT: Final = 10
"""A turn begins while a typical one fits, or a tenth of the limit where that is less."""


class Measure(StrEnum):
    """What a limit is in; each is a field of `Amount` and of `Limit`."""

    CALLS = "calls"
    TOKENS = "tokens"
    COST = "cost"


class Scope(StrEnum):
    """Whose use is summed up."""

    PERSON = "person"
    ROOM = "room"
    SERVER = "server"
    PROCESS = "process"


class SetAsideReason(StrEnum):
    """Why a message is kept but never answered."""

    PAUSE = "pause"  # a moderator resumed the room without it
    PERSON_LIMIT = "limit of the person"
    ROOM_LIMIT = "limit of the room"
    SERVER_LIMIT = "limit of the server"
    PROCESS_LIMIT = "limit of the bot"
    CONTEXT = "context"  # nobody asked for an answer: somebody replied to it


@dataclass(frozen=True, slots=True)
class Amount:
    """Calls, tokens and nano-dollars, used or about to be."""

    calls: int = 0
    tokens: int = 0
    cost: int = 0

    def __add__(self, other: Amount) -> Amount:
        """Return both together."""
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.cost + other.cost)

    def __sub__(self, other: Amount) -> Amount:
        """Return what is left without the other, below 0 too."""
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.cost - other.cost)

    def __mul__(self, times: int) -> Amount:
        """Return so many of it."""
        return Amount(self.calls * times, self.tokens * times, self.cost * times)

    def at_least(self, other: Amount) -> Amount:
        """Return the larger part in each measure."""
        return Amount(
            max(self.calls, other.calls),
            max(self.tokens, other.tokens),
            max(self.cost, other.cost),
        )

    def of(self, measure: Measure) -> int:
        """Return the part in that measure."""
        return {Measure.CALLS: self.calls, Measure.TOKENS: self.tokens}.get(measure, self.cost)


NOTHING: Final = Amount()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most of a day; None is no limit in that measure."""

    calls: int | None = None
    tokens: int | None = None
    cost: int | None = None

    def of(self, measure: Measure) -> int | None:
        """Return the bound in that measure."""
        return {Measure.CALLS: self.calls, Measure.TOKENS: self.tokens}.get(measure, self.cost)

    @property
    def bounds(self) -> dict[Measure, int]:
        """Return the bounds that there are."""
        return {measure: bound for measure, _, bound in self._uses_of(NOTHING)}

    def passed_by(self, amount: Amount) -> Measure | None:
        """Return the first measure in which the amount is more than there may be."""
        return next((measure for measure, u, bound in self._uses_of(amount) if u > bound), None)

    def fullest(self, amount: Amount) -> Measure | None:
        """Return the measure of which the largest share is used; None without any bound."""
        uses = self._uses_of(amount)
        return max(uses, key=lambda use: _percent(use[1], use[2]))[0] if uses else None

    def percent(self, amount: Amount) -> float:
        """Return the largest share that is used, in percent; 0 without any bound."""
        shares = [_percent(used, bound) for _, used, bound in self._uses_of(amount)]
        return max(shares, default=0.0)

    def room_for(self, typical: Amount) -> Amount:
        """Return what has to be left for a turn to begin: a small limit lets small ones begin."""
        parts = {
            measure.value: max(1, min(typical.of(measure), bound // ROOM_LEFT))
            for measure, bound in self.bounds.items()
        }
        return Amount(**parts)

    def _uses_of(self, amount: Amount) -> list[tuple[Measure, int, int]]:
        """Return the measures in which there is a bound, what is used of each, and the bound."""
        return [
            (measure, used, bound)
            for measure, used, bound in (
                (Measure.CALLS, amount.calls, self.calls),
                (Measure.TOKENS, amount.tokens, self.tokens),
                (Measure.COST, amount.cost, self.cost),
            )
            if bound is not None
        ]

    @classmethod
    def of_day(
        cls, calls: int | None = None, tokens: int | None = None, dollars: float | None = None
    ) -> Limit:
        """Return the limit as people set it, with money in US dollars."""
        return cls(calls, tokens, None if dollars is None else round(dollars * NANO))


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """The one whose use is summed up.

    A person is counted twice: over all servers, where ``guild_id`` is 0, and in each one.
    """

    scope: Scope
    id: int
    guild_id: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """A subject that a call is counted for, and the most it may use."""

    subject: Subject
    limit: Limit = field(default_factory=Limit)


@dataclass(frozen=True, slots=True)
class OperatorLimits:
    """The limits that hold for all servers of a process. A server can add narrower ones."""

    cooldown: float = 0.0
    """Seconds between the turns of one person."""
    person: Limit = field(default_factory=Limit)
    room: Limit = field(default_factory=Limit)
    server: Limit = field(default_factory=Limit)
    process: Limit = field(default_factory=Limit)
    typical_turn: Amount = field(default_factory=lambda: Amount(10, 10_000))
    """Draft, review, reflection and scores, with some history before them."""
    unpriced: tuple[Agent, ...] = ()
    """Agents with models of which nobody told the price: money cannot be limited."""


def step_reached(percent: float) -> int:
    """Return the highest of `STEPS` that is reached, 0 before the first."""
    return max((step for step in STEPS if percent >= step), default=0)


def _percent(used: int, bound: int) -> float:
    return 100 * used / bound if bound else 100.0
