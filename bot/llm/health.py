"""The health of the endpoints that serve the agents, as moderators are told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.domain import Agent


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
    def title(self) -> str:
        """Return its address with the agents that it serves."""
        kind = "fallback of" if self.is_fallback else "serves"
        names = ", ".join(agent.value.capitalize() for agent in self.agents)
        return f"{self.address} ({kind} {names})"


ReadHealth = Callable[[], tuple[EndpointHealth, ...]]


def no_endpoints() -> tuple[EndpointHealth, ...]:
    """Return that nothing is known of any endpoint, as where agents are scripted."""
    return ()
