"""What the Therapist of small models makes of answers that miss their form."""

from __future__ import annotations

import pytest

from bot.agents.therapist import LLMTherapist
from bot.prompting.templates import Prompts
from tests.agents.scripted import CTX, ScriptedLLM, context, script, talk


@pytest.mark.parametrize(
    ("said", "seems"),
    [
        ("curious, want to know the pool", "curious"),
        ("annoyed, let down", "annoyed, let down"),
        ("wants to know if it is open", "wants to know if it is open"),
        ("sad,", "sad"),
    ],
)
async def test_a_feeling_that_it_begins_to_explain_is_left_out(said: str, seems: str) -> None:
    person = {"user_feels": said, "user_needs": "be heard"}
    llm = ScriptedLLM(script(therapist__person=[person]), harm="deny", likely=0.6)
    seen = context(talk(("Ana", "is the pool open?")), "I do not know.")
    review = await LLMTherapist(llm, Prompts.load()).review(seen, CTX)
    assert review.user_feels == seems
    assert f"Ana seems {seems}, and needs to be heard." in review.says
