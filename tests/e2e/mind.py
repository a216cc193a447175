"""A model on a script that plays all agents, told apart by the form that is asked of it."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins.openai_server import Answer, Request, say

FINE = {
    "user_feels": "proud",
    "user_needs": "to be glad together",
    "gives_needs": True,
    "findings": [],
    "says": "That will do them good.",
    "something_left": False,
    "in_danger": False,
    "wants_to_see": False,
}
HARM = {
    "user_feels": "proud",
    "user_needs": "to be glad together",
    "gives_needs": False,
    "findings": [{"finding": "narcissistic", "quote": "", "why": "it is about you"}],
    "says": "Whose day is it, yours or theirs?",
    "something_left": True,
    "in_danger": False,
    "wants_to_see": False,
}


def rated(value: int, reason: str = "Warm.") -> dict[str, Any]:
    """The Critic's answer, with one number for each harm."""
    harms = dict.fromkeys(("manipulative", "gaslighting", "narcissistic"), value)
    opinions = {"safe": "yes", "ethical": "yes", "good": "unsure"}
    return {"reason": reason, **harms, "empathetic": 100 - value, "faults": [], **opinions}


@dataclass
class Mind:
    """Answers by kind; what is queued comes first, and may be an error or a held answer."""

    drafts: deque[Any] = field(default_factory=deque)
    reviews: deque[Any] = field(default_factory=deque)
    responses: deque[Any] = field(default_factory=deque)
    scores: deque[Any] = field(default_factory=deque)
    asked: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """If set, answers wait for it."""

    async def answer(self, request: Request) -> Answer | dict[str, Any] | str:
        kind = _kind(request)
        self.asked.append(kind)
        self.texts.append(request.text)
        if self.hold is not None:
            await self.hold.wait()
        queue, otherwise = self._script(kind)
        given = queue.popleft() if queue else otherwise
        return given if isinstance(given, Answer | dict) else say(str(given))

    def _script(self, kind: str) -> tuple[deque[Any], Any]:
        count = len(self.asked)
        if kind == "_FullReview":
            return self.reviews, FINE
        if kind == "_FullReflection":
            revised = {
                "reflection": "I see. It was about me again.",
                "keeps_message": False,
                "keeps_why": "",
                "feels": "It is going well.",
                "state": {"therapy_progression": 80, "confusion": 5, "urgency": 0},
                "keep_in_mind": "Ask before you talk of yourself.",
                "why": "She is seen now.",
                "decision": "respond",
                "response": f"That is wonderful news! How did they tell you? ({count})",
            }
            return self.responses, revised
        if kind == "_FullWritten":
            return self.scores, rated(0)
        if kind == "_StateAnswer":
            state = {"therapy_progression": 70, "confusion": 10, "urgency": 5}
            return deque(), {"answer": "I am doing well.", **state}
        if kind == "_Follows":
            return deque(), {"follows": True}
        return self.drafts, f"Nice. I was promoted twice, by the way. ({count})"


def _kind(request: Request) -> str:
    form = request.body.get("response_format", {})
    return str(form.get("json_schema", {}).get("name", "text"))
