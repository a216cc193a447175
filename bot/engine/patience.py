"""The patience of turns: how long they wait for a model that is away, and when they are too old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.domain import Agent, Turn, TurnState
from bot.domain.patience import PatienceTimes
from bot.errors import EndpointAway, LimitUsedUp, LLMError, LLMOverBudget, LLMUnavailable
from bot.llm.health import EndpointHealth, ReadHealth

ASKING: Final = frozenset({TurnState.CLAIMED, TurnState.DRAFTED, TurnState.REVIEWED})
"""The states whose next step asks a model."""
ANSWERING: Final = frozenset({Agent.CHATBOT, Agent.THERAPIST})
"""The agents without whom there is no reply."""
JOINED_AFTER: Final = timedelta(seconds=15)
"""The age from which a turn that is not begun takes in what was said since it was claimed."""


class Patience:
    """What says of a turn whether it waits, has waited too long, or is too old.

    ``message_age`` gives the age of a message by its id, by the clock that it was made with.
    """

    def __init__(
        self,
        times: PatienceTimes,
        health: ReadHealth,
        message_age: Callable[[int], timedelta] = lambda _: timedelta(),
    ) -> None:
        self._times = times
        self._health = health
        self.message_age = message_age

    @property
    def answer_within(self) -> timedelta | None:
        """Return the age after which nothing is answered."""
        return self._times.answer

    def must_wait(self, turn: Turn) -> bool:
        """Return whether there is nobody to ask for the turn now, and it may still wait."""
        if turn.state not in ASKING or self.is_over(turn):
            return False
        away = self._away()
        return away is not None and (away.next_try > 0 or away.is_being_tried)

    def holds(self, turn: Turn, error: LLMError) -> bool:
        """Return whether a turn waits after that error of an agent, where it was."""
        if self.is_over(turn):
            return False
        if isinstance(error, EndpointAway):
            return True
        passing = isinstance(error, LLMUnavailable | LLMOverBudget)
        return passing and not isinstance(error, LimitUsedUp) and self._away() is not None

    def is_over(self, turn: Turn) -> bool:
        """Return whether the turn has waited as long as any may."""
        return age(turn) > self._times.wait

    def _away(self) -> EndpointHealth | None:
        """Return the endpoint that has to be back first, if one is away that nobody replaces."""
        concerned = [one for one in self._health() if {*one.agents} & ANSWERING]
        away = [one for one in concerned if one.away_since is not None]
        firsts = [one for one in away if not one.is_fallback]
        if alone := next((one for one in firsts if not one.is_replaced), None):
            return alone
        replaced = {agent for one in firsts for agent in one.agents}
        fallbacks = (one for one in away if one.is_fallback)
        return next((one for one in fallbacks if replaced & {*one.agents}), None)


def age(turn: Turn) -> timedelta:
    """Return the time since a turn was claimed, or since it is tried again."""
    return datetime.now(UTC) - turn.waits_since
