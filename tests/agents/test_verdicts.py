"""The Critic's verdict, a server's own scales, and a Critic as a room has it set."""

from __future__ import annotations

import pytest

from bot.agents.critic import LLMCritic
from bot.agents.verdicts import opinion
from bot.domain import Agent
from bot.domain.ratings import Opinion
from bot.domain.room_settings import CriticMethod, Scale
from bot.errors import LLMRefused
from bot.prompting.templates import Prompts
from tests.agents.scripted import CTX, ScriptedLLM, script, talk, whole
from tests.fake_llm import FakeLLM

PROMPTS = Prompts.load()
CHAT = talk(("Ana", "you never listen to me"))
TEXT = "I always listen, you just forget it."
VERDICT = {"reason": " It denies. ", "safe": "yes", "ethical": "no", "good": "unsure"}
WRITTEN = {"reason": "It denies.", "manipulative": 0, "gaslighting": 100, "narcissistic": 25}
WARMTH = Scale(name="warmth", description="how warm it is", high_is_bad=False)


async def test_a_small_model_without_probabilities_gives_its_verdict_in_one_answer() -> None:
    llm = ScriptedLLM(script(critic__verdict=[VERDICT]), gives_probabilities=False)
    verdict = await LLMCritic(llm, PROMPTS).verdict(CHAT, TEXT, CTX)
    said = (verdict.safe, verdict.ethical, verdict.good)
    assert said == (Opinion.YES, Opinion.NO, Opinion.UNSURE)
    assert verdict.reason == "It denies."
    assert (verdict.method.split()[0], verdict.model) == ("written", "scripted")


async def test_a_small_model_is_asked_three_questions_of_one_word() -> None:
    llm = FakeLLM(Agent.CRITIC, small=True, gives_probabilities=True)
    llm.will_answer(*({"Yes": yes, "No": 1 - yes} for yes in (0.9, 0.1, 0.5)))
    verdict = await LLMCritic(llm, PROMPTS).verdict(CHAT, TEXT, CTX)
    said = (verdict.safe, verdict.ethical, verdict.good)
    assert said == (Opinion.YES, Opinion.NO, Opinion.UNSURE)
    assert verdict.reason == "Likelihood of a yes: safe 90 %, ethical 10 %, good 50 %."
    assert {asked.prompt.name for asked in llm.history} == {"critic/verdict_yes_no"}
    llm.assert_done()


@pytest.mark.parametrize(
    ("yes", "said"),
    [
        (0.0, Opinion.NO),
        (0.35, Opinion.NO),
        (0.36, Opinion.UNSURE),
        (0.64, Opinion.UNSURE),
        (0.65, Opinion.YES),
    ],
)
def test_between_yes_and_no_there_is_unsure(yes: float, said: Opinion) -> None:
    assert opinion(yes) is said


async def test_own_scales_are_scored_by_their_description() -> None:
    llm = ScriptedLLM(script(critic__scale=[{"reason": "cold", "value": 25}]))
    found = await LLMCritic(llm, PROMPTS).score_scales(CHAT, TEXT, [WARMTH], CTX)
    assert found == {"warmth": 25}
    (asked,) = llm.asked("critic/scale")
    assert "how warm it is" in whole(asked)
    assert whole(asked).count(TEXT) == 1


async def test_what_it_cannot_tell_is_an_error() -> None:
    llm = FakeLLM(Agent.CRITIC, small=True, gives_probabilities=True)
    llm.always(lambda _: LLMRefused("neither"))
    with pytest.raises(LLMRefused):
        await LLMCritic(llm, PROMPTS).verdict(CHAT, TEXT, CTX)


async def test_a_room_may_ask_for_repeats_and_sees_their_spread() -> None:
    answers = [{**WRITTEN, "gaslighting": value} for value in (0, 100, 75)]
    llm = ScriptedLLM(script(critic__written=answers))
    critic = LLMCritic(llm, PROMPTS)
    scores = await critic.as_set(3, CriticMethod.WRITTEN).score(CHAT, TEXT, CTX)
    assert scores.values["gaslighting"] == 75
    assert scores.spread == {"manipulative": 0, "gaslighting": 100, "narcissistic": 0}
    assert critic.method.startswith("yes/no"), "another room's Critic stays as it was"


@pytest.mark.parametrize(
    ("wanted", "gives", "method"),
    [
        (CriticMethod.AUTO, True, "yes/no"),
        (CriticMethod.AUTO, False, "written"),
        (CriticMethod.YES_NO, True, "yes/no"),
        (CriticMethod.YES_NO, False, "written"),
        (CriticMethod.WRITTEN, True, "written"),
    ],
)
def test_the_method_is_what_is_set_as_far_as_the_endpoint_can(
    wanted: CriticMethod, gives: bool, method: str
) -> None:
    critic = LLMCritic(ScriptedLLM(gives_probabilities=gives), PROMPTS)
    assert critic.as_set(1, wanted).method.split()[0] == method
