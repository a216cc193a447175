"""The name of a Critic for people: how it scored, in words, and with which model. Pure."""

from __future__ import annotations

from typing import Final

from bot.agents.critic import PROBE, WRITTEN, YES_NO
from bot.text.moderator_texts import Later, say

_WAYS: Final = {
    PROBE: Later("scores read from inside {model}"),
    YES_NO: Later("scores by how likely {model} says yes to questions"),
    WRITTEN: Later("scores as {model} wrote them down"),
}


def name_critic(method: str, model: str) -> str:
    """Return how a text was scored; the version in ``method`` is for files of figures alone."""
    way = _WAYS.get(method.partition(" ")[0], Later("scores by {model}"))
    return say(way, model=model)
