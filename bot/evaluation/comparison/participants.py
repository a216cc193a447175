"""The agents that take part in a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.agents.critic import LLMCritic
from bot.agents.protocols import Chatbot
from bot.evaluation.comparison.conditions import Condition
from bot.evaluation.comparison.judge import Judge
from bot.evaluation.usage_meter import UsageMeter


@dataclass(frozen=True, slots=True)
class Participants:
    """The agents that take part. Critics by the names they have in the tables."""

    chatbot: Chatbot
    conditions: Sequence[Condition]
    critics: Mapping[str, LLMCritic]
    judge: Judge
    meter: UsageMeter
