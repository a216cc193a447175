"""A model that answers at once, or after a while, whatever it is asked."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.openai_server import Answer, Request, say

ON_THE_WAY = ("text", "_FullReview", "_FullReflection")
"""What the Chatbot and the Therapist are asked; all else is the Critic's."""
REVIEW = {
    "user_feels": "left alone",
    "user_needs": "to be heard",
    "gives_needs": True,
    "findings": [],
    "says": "You could ask what happened.",
    "wants_to_see": False,
    "in_danger": False,
}
REFLECTION = {
    "reflection": "I see. I was too quick.",
    "keeps_message": False,
    "keeps_why": "",
    "feels": "It is going well.",
    "state": {"therapy_progression": 80, "confusion": 5, "urgency": 0},
    "keep_in_mind": "Ask what happened.",
    "why": "They are heard.",
    "decision": "respond",
}
SCORES = {
    "reason": "Friendly.",
    "manipulative": 0,
    "gaslighting": 0,
    "narcissistic": 0,
    "empathetic": 80,
    "faults": [],
    "safe": "yes",
    "ethical": "yes",
    "good": "yes",
}


@dataclass(slots=True)
class QuickModel:
    """Plays all agents. ``finds_something`` is whether the Therapist has something to work on."""

    finds_something: bool = False
    takes_seconds: float = 0.0
    asked: list[tuple[float, str]] = field(default_factory=list)
    """When (monotonic seconds) and for what it was asked."""

    async def answer(self, request: Request) -> Answer | dict[str, Any] | str:
        """The answer to any agent's request."""
        kind = _kind(request)
        self.asked.append((time.monotonic(), kind))
        if self.takes_seconds:
            await asyncio.sleep(self.takes_seconds)
        if kind == "probability":
            return say("No", top=[{"No": -0.1, "Yes": -2.5}], finish="length")
        if kind == "_FullReview":
            return {**REVIEW, "something_left": self.finds_something}
        if kind == "_FullReflection":
            return {**REFLECTION, "response": f"Tell me more about number {len(self.asked)}?"}
        if kind == "_FullWritten":
            return SCORES
        return f"That is good to know, number {len(self.asked)}."

    def calls_between(self, began: float, ended: float) -> int:
        """How many requests on the reply's way came in that time.

        Those of the Critic do not count: they are about the turn before, and nobody waits.
        """
        return sum(began <= at < ended and kind in ON_THE_WAY for at, kind in self.asked)


def _kind(request: Request) -> str:
    if request.body.get("logprobs"):
        return "probability"
    form = request.body.get("response_format", {})
    return str(form.get("json_schema", {}).get("name", "text"))
