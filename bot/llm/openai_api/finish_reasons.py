"""Why an answer ended: only one that came to its own end is an answer.

Servers have many words for it. What is not known to be an end is taken for none: half a text must
never be posted. Sources: OpenAI's, Anthropic's, Gemini's and Cohere's references; pi#9002,
genkit#6259, houston#1211 (broken off), opencode#44092 (filtered).
"""

from __future__ import annotations

from enum import Enum
from typing import Final


class Ending(Enum):
    """The ways in which an answer ends."""

    WHOLE = "whole"
    CUT = "cut"  # at the most tokens that there may be
    FILTERED = "filtered"
    BROKEN = "broken"  # by a fault of the server, or for a reason that is not known


_ENDINGS: Final = {
    Ending.WHOLE: (
        "", "stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "finish",
    ),
    Ending.CUT: ("length", "max_tokens", "max_output_tokens", "model_length", "token_limit"),
    Ending.FILTERED: (
        "content_filter", "content_filtered", "sensitive", "safety", "recitation", "refusal",
        "prohibited_content", "blocklist", "spii", "error_toxic", "guardrail_intervened",
    ),
}  # fmt: skip
_BY_REASON: Final = {reason: ending for ending, reasons in _ENDINGS.items() for reason in reasons}


def ending_of(finish_reason: str | None) -> Ending:
    """Return how an answer with that ``finish_reason`` ended."""
    reason = (finish_reason or "").strip().casefold().replace("-", "_")
    return _BY_REASON.get(reason, Ending.BROKEN)
