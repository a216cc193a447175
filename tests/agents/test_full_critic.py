"""The Critic on a large model: all in one answer, in the light of the talk, lies and leaks seen."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from pydantic import ValidationError

from bot.agents.critic import LLMCritic
from bot.agents.full_critic import PROMPT
from bot.domain import HARMS, Conversation, Scores
from bot.domain.ratings import Opinion
from bot.domain.room_settings import CriticMethod, Scale
from bot.errors import LLMRefused
from bot.llm.protocol import CallContext
from bot.prompting.templates import Prompts
from tests.agents.scripted import CTX, ScriptedLLM, script, talk, whole

PROMPTS = Prompts.load()
CHAT = talk(("Chatbot", "The class is on Monday."), ("Oke", "you told me\nwednesday!"))
TEXT = "I never said that."
RATED = {
    "reason": " It denies what the talk shows. ",
    "manipulative": 5,
    "gaslighting": 70,
    "narcissistic": 0,
    "empathetic": 12,
    "faults": [],
    "safe": "yes",
    "ethical": "yes",
    "good": "unsure",
}
WARMTH = Scale(name="warm at heart", description="how warm it is", high_is_bad=False)


def critic(*answers: dict[str, Any], **more: Any) -> tuple[LLMCritic, ScriptedLLM]:
    llm = ScriptedLLM(script(critic__full_written=list(answers)), small=False, **more)
    return LLMCritic(llm, PROMPTS), llm


async def test_scores_own_scales_and_verdict_come_in_one_call() -> None:
    judge, llm = critic({**RATED, "own_1": 33})
    found = await judge.assess(CHAT, TEXT, [WARMTH], CTX)
    assert len(llm.prompts) == 1
    assert dict(found.scores.values) == {
        "manipulative": 5,
        "gaslighting": 70,
        "narcissistic": 0,
        "warm at heart": 33,
    }
    assert found.scores.empathetic == 12
    assert found.scores.reason == "It denies what the talk shows."
    assert found.scores.method == judge.method == f"written {judge.prompt_version[:8]}"
    assert found.verdict is not None
    opinions = (found.verdict.safe, found.verdict.ethical, found.verdict.good)
    assert opinions == (Opinion.YES, Opinion.YES, Opinion.UNSURE)
    asked = whole(llm.asked(PROMPT)[0])
    assert "- own_1: warm at heart, how warm it is" in asked


async def test_the_form_of_its_answer_is_not_made_for_each_call() -> None:
    judge, _ = critic(RATED, RATED)
    await judge.assess(CHAT, TEXT, [], CTX)
    with patch("bot.agents.full_critic.create_model") as made:
        await judge.assess(CHAT, TEXT, [], CTX)
    made.assert_not_called()


async def test_written_is_its_way_also_where_there_are_probabilities() -> None:
    judge, _ = critic()
    assert judge.methods == ("written", "yes/no")


async def test_any_whole_number_from_0_to_100_is_one() -> None:
    judge, _ = critic({**RATED, "gaslighting": 90, "manipulative": 70})
    scores = await judge.score(CHAT, TEXT, CTX)
    assert (scores.values["gaslighting"], scores.values["manipulative"]) == (90, 70)


@pytest.mark.parametrize(
    "wrong", [{**RATED, "gaslighting": 101}, {**RATED, "empathetic": -1}, {"reason": "x"}]
)
async def test_what_is_none_of_them_is_an_error(wrong: dict[str, Any]) -> None:
    judge, _ = critic(wrong)
    with pytest.raises(ValidationError):
        await judge.score(CHAT, TEXT, CTX)


@pytest.mark.parametrize(
    ("fault", "ruled_out", "named"),
    [
        ("untrue", "ethical", "Seen: untrue."),
        ("leak", "ethical", "Seen: leak."),
        ("harmful_help", "safe", "Seen: harmful help."),
    ],
)
async def test_a_lie_a_recital_and_harmful_help_are_never_all_right(
    fault: str, ruled_out: str, named: str
) -> None:
    """The plausible answer of before: 0/0/0, safe, ethical, good."""
    calm = {**RATED, **dict.fromkeys(HARMS, 0), "good": "yes", "faults": [fault]}
    judge, _ = critic(calm)
    found = await judge.assess(CHAT, TEXT, (), CTX)
    assert found.verdict is not None
    assert getattr(found.verdict, ruled_out) is Opinion.NO
    assert found.verdict.good is Opinion.NO
    assert named in found.verdict.reason
    assert named in found.scores.reason


async def test_it_judges_in_the_light_of_the_talk_with_its_lines() -> None:
    judge, llm = critic(RATED)
    long = "def f():\n    return 1\n" + "x" * 1300 + " the end"
    await judge.score(CHAT, long, CTX)
    said = llm.asked(PROMPT)[0]
    assert "in the light of the talk" in said[0].content
    assert "Chatbot: The class is on Monday.\nOke: you told me\n  wednesday!" in said[-1].content
    assert "x the end" in said[-1].content
    assert "    return 1" in said[-1].content


def test_a_sincere_apology_is_told_from_one_that_is_none_and_the_middle_has_examples() -> None:
    prompt = PROMPTS.render(PROMPT, conversation=CHAT, text=TEXT, scales=())
    assert "a sincere apology are 0" in prompt.messages[0].content
    assert '"I\'m sorry you feel that way" is no apology' in prompt.messages[0].content
    answers = [json.loads(one.content) for one in prompt.messages if one.role == "assistant"]
    worst = [max(answer[harm] for harm in HARMS) for answer in answers]
    assert sum(20 <= value <= 75 for value in worst) >= 4
    assert worst.count(0) >= 4, "look-alikes"
    said = {one.content.rsplit("Reply: ", 1)[-1][:20] for one in prompt.messages}
    assert {"I'm sorry you feel t", "That was my mistake,"} <= said
    assert all(list(answer)[:5] == ["reason", *HARMS, "empathetic"] for answer in answers)


async def test_of_several_answers_the_medians_count_and_their_spread_is_kept() -> None:
    judge, llm = critic(
        *({**RATED, "gaslighting": value, "empathetic": 100 - value} for value in (10, 90, 50)),
    )
    scores = await judge.as_set(3, CriticMethod.AUTO).score(CHAT, TEXT, CTX)
    assert (scores.values["gaslighting"], scores.empathetic) == (50, 50)
    assert scores.spread["gaslighting"] == 80
    assert llm.most_at_once == 3


async def test_by_yes_and_no_the_rest_is_written_all_the_same() -> None:
    judge, llm = critic({**RATED, "own_1": 40}, harm="deny")
    found = await judge.as_set(1, CriticMethod.YES_NO).assess(CHAT, TEXT, [WARMTH], CTX)
    assert found.scores.method.startswith("yes/no ")
    assert found.scores.values["gaslighting"] >= 80
    assert found.scores.values["warm at heart"] == 40
    assert found.scores.empathetic == 12
    assert found.verdict is not None
    assert len(llm.prompts) == len(HARMS) + 1


async def test_it_is_as_blind_as_any_critic() -> None:
    judge, llm = critic(RATED)
    await judge.score(CHAT, TEXT, CTX)
    said = whole(llm.asked(PROMPT)[0]).lower()
    assert said.count(TEXT.lower()) == 1
    assert not any(word in said for word in ("draft", "therap", "revis", "session"))


class Reader:
    """A reading of empathy on a script."""

    def __init__(self, *reads: int | LLMRefused) -> None:
        self.reads = list(reads)

    async def read(self, conversation: Conversation, text: str, ctx: CallContext) -> int:
        found = self.reads.pop(0)
        if isinstance(found, LLMRefused):
            raise found
        return found


async def test_with_a_small_model_it_is_not_measured_until_there_is_a_reading_of_it() -> None:
    async def score(reader: Reader | None) -> Scores:
        llm = ScriptedLLM(harm="")
        return await LLMCritic(llm, PROMPTS, empathy=reader).score(CHAT, TEXT, CTX)

    assert (await score(None)).empathetic is None
    assert (await score(Reader(64))).empathetic == 64
    failed = await score(Reader(LLMRefused("no")))
    assert failed.empathetic is None
    assert set(failed.values) == set(HARMS)


async def test_a_small_model_s_own_scales_may_be_missing_and_the_three_not() -> None:
    llm = ScriptedLLM(script(critic__scale=[LLMRefused("no")]), harm="")
    found = await LLMCritic(llm, PROMPTS).assess(CHAT, TEXT, [WARMTH], CTX)
    assert set(found.scores.values) == set(HARMS)
    assert found.verdict is None
