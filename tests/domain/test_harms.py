"""The list of harms, and what else has to agree with it."""

from __future__ import annotations

from typing import get_args

from bot.agents.full_model import HarmName
from bot.domain.harms import ALL_HARMS, HARM_BY_NAME, HARMS
from bot.prompting.templates import Prompts
from tests.agents.scripted import talk

PROMPTS = Prompts.load()


def test_each_harm_is_asked_for_in_its_own_words() -> None:
    chat = talk(("Ana", "hi"))
    for harm in ALL_HARMS:
        for name in ("therapist/yes_no", "critic/yes_no"):
            prompt = PROMPTS.render(name, conversation=chat, text="Hello.", harm=harm.name)
            assert prompt.messages[-1].content.endswith(f"Reply: Hello.\n{harm.question}")


def test_a_large_model_may_name_each_of_them_or_another() -> None:
    assert get_args(HarmName) == (*HARMS, "other")


def test_no_two_have_one_name() -> None:
    assert tuple(HARM_BY_NAME) == HARMS
