"""The faults of models, each for every kind of question that a turn asks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from tests.e2e.mind import HARM
from tests.faults.house import Broken, FaultHouse, Seen
from tests.stand_ins.openai_server import Answer, answer_json, dropped, say, status, web_page

KINDS: Final[Mapping[str, str]] = {
    "text": "Chatbot, draft",
    "_FullReview": "Therapist",
    "_FullReflection": "Chatbot, response",
    "_FullWritten": "Critic",
}
"""The questions of a turn by their forms, each with who is asked."""


def _cut() -> Answer:
    whole = say("This answer is going to be cut in the middle of its body.")
    return Answer(whole.status, whole.body, whole.content_type, cut=40)


FAULTS: Final[Mapping[str, Broken]] = {
    "401": lambda _: status(401, error="invalid_api_key", message="wrong key"),
    "404": lambda _: status(404, error="model_not_found", message="no such model"),
    "429, no header": lambda _: status(429, message="slow down"),
    "429, Retry-After 1": lambda _: status(429, message="slow down", retry_after="1"),
    "429, quota used up": lambda _: status(429, error="insufficient_quota", message="pay"),
    "500": lambda _: status(500),
    "503": lambda _: status(503),
    "hangs": lambda _: Answer(after=60.0),
    "cut in its body": lambda _: _cut(),
    "socket dropped": lambda _: dropped(),
    "200 with a web page": lambda _: web_page(),
    "empty content": lambda _: say(""),
    "null content": lambda _: say(None),
    "another shape": lambda _: answer_json([1, 2, 3]),
    "another answer": lambda _: say(json.dumps({"colour": "teal"})),
    "far too long": lambda _: say("word " * 20_000),
    "cut off for its length": lambda _: say("It begins and", finish="length"),
    "context too long": lambda _: status(
        400,
        error="context_length_exceeded",
        message="This model's maximum context length is 4096 tokens.",
    ),
    "filtered": lambda _: say(None, finish="content_filter"),
}


async def see_model_fault(house: FaultHouse, kind: str, fault: str) -> Seen:
    """Return what comes of a message while that question is answered so, as long as it lasts."""
    if kind == "_FullReflection":  # there is one only where something would hurt
        house.mind.reviews.append(HARM)
    house.broken[kind] = FAULTS[fault]
    seen = await house.turn(within=8.0 if kind == "_FullWritten" else 25.0)
    house.heal()
    house.mind.reviews.clear()
    return seen
