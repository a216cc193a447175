"""The health of the endpoints that serve the agents, as moderators are told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import Agent
from bot.reasons import Reason, because, join_reasons


@dataclass(frozen=True, slots=True)
class EndpointHealth:
    """One endpoint, the agents that it serves, and how it is."""

    address: str
    """As it may be shown: without a user name, a password or a key."""
    agents: tuple[Agent, ...]
    away_since: datetime | None = None
    """Since when no call goes out to it but one at a time; None while it is well."""
    failures: int = 0
    """Calls that failed in a row, those before it counted as away included."""
    why: str = ""
    """What the last of them ended with: for moderators, without anything said."""
    next_try: float = 0.0
    """Seconds until the next call may look whether it is back."""
    is_being_tried: bool = False
    """Whether a call looks at this moment."""
    steady_for: float | None = None
    """Seconds for which it has been well since it last came back; None before its first answer."""
    is_replaced: bool = False
    """Whether each of its agents has a fallback, which answers meanwhile."""
    is_fallback: bool = False
    """Whether it is asked only while another is away."""

    @property
    def title(self) -> Reason:
        """Return its address with the agents that it serves."""
        named = [because(agent.value.capitalize()) for agent in self.agents]
        agents = join_reasons(named, ", ")
        if self.is_fallback:
            return because("{address} (fallback of {agents})", address=self.address, agents=agents)
        return because("{address} (serves {agents})", address=self.address, agents=agents)


ReadHealth = Callable[[], tuple[EndpointHealth, ...]]


def no_endpoints() -> tuple[EndpointHealth, ...]:
    """Return that nothing is known of any endpoint, as where agents are scripted."""
    return ()
