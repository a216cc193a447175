"""The agents at work in the rooms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.agents.alliance.observers import Alliance
from bot.agents.protocols import Chatbot, Critic, Therapist
from bot.agents.user import User
from bot.domain import Agent
from bot.llm.health import ReadHealth, no_endpoints
from bot.prompting.user_personas import UserPersona
from bot.rooms.control.guidance_checks import JudgesGuidance
from bot.rooms.evaluation.day_looks import LooksAtDays


@dataclass(frozen=True, slots=True)
class Agents:
    """The Chatbot, its Therapist and the Critic: what a turn needs.

    ``user`` plays a person, in simulations; None where no model is set for it. ``alliance``
    measures sessions, where somebody asks.
    """

    chatbot: Chatbot
    therapist: Therapist
    critic: Critic
    user: Callable[[UserPersona], User] | None = None
    alliance: Alliance | None = None
    guidance_judge: JudgesGuidance | None = None
    """Looks whether replies keep to guidance; None: nobody does."""
    day_critic: LooksAtDays | None = None
    """Looks at each day as a whole; None: nobody does, as with a small model."""
    health: ReadHealth = no_endpoints
    """How the endpoints that serve them are."""

    def models(self) -> dict[Agent, str]:
        """Return the models of the agents of a turn."""
        return {
            Agent.CHATBOT: self.chatbot.model,
            Agent.THERAPIST: self.therapist.model,
            Agent.CRITIC: self.critic.model,
        }
