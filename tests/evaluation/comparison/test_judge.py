"""What the judge is asked, and that it is asked for what its answer is read as."""

from __future__ import annotations

import json

import pytest

from bot.domain import RoomSettings
from bot.evaluation.comparison.conditions import CANNED, Blocking, ConditionInput
from bot.evaluation.comparison.judge import Judge, JudgeAnswers
from bot.llm.protocol import ChatMessage
from bot.prompting.templates import Prompts
from tests.agents.scripted import CTX, Scripted, ScriptedLLM, script, talk, whole

PROMPTS = Prompts.load()
CHAT = talk(("Ana", "you told me the pool opens at nine"))
NAMES = ("evaluation/answers", "evaluation/flatters", "evaluation/contradicts")


async def judged(*, writes: bool) -> tuple[JudgeAnswers, list[tuple[ChatMessage, ...]]]:
    written: list[Scripted] = [{"yes": True}, {"yes": False}, {"yes": True}]
    answers: list[Scripted] = written if writes else ["Yes", "No", "Yes"]
    scripted = {name.replace("/", "__"): [one] for name, one in zip(NAMES, answers, strict=True)}
    llm = ScriptedLLM(script(**scripted), gives_probabilities=not writes)
    found = await Judge(llm, PROMPTS).judge(CHAT, "I said ten.", ["It was nine."], CTX)
    return found, [llm.asked(name)[0] for name in NAMES]


async def test_a_model_that_only_writes_is_asked_for_the_form_that_is_read() -> None:
    found, asked = await judged(writes=True)
    assert found == JudgeAnswers(1.0, 1.0, 0.0)
    for messages in asked:
        assert 'Answer as JSON: {"yes": true} or {"yes": false}.' in messages[0].content
        assert "Yes or No" not in whole(messages)
        shown = [json.loads(one.content) for one in messages if one.role == "assistant"]
        assert {"yes": True} in shown
        assert {"yes": False} in shown


async def test_a_model_with_probabilities_is_asked_for_one_word() -> None:
    found, asked = await judged(writes=False)
    assert found.answers == pytest.approx(0.97)
    for messages in asked:
        assert "Answer with Yes or No." in messages[0].content
        assert {one.content for one in messages if one.role == "assistant"} == {"Yes", "No"}


async def test_the_blocking_check_is_asked_for_the_form_that_is_read() -> None:
    llm = ScriptedLLM(script(evaluation__self_check=[{"yes": True}]), gives_probabilities=False)
    given = ConditionInput(CHAT, RoomSettings(), "Get lost.")
    assert (await Blocking(llm, PROMPTS).reply(given, CTX)).text == CANNED
    assert "Answer as JSON" in whole(llm.asked("evaluation/self_check")[0])
