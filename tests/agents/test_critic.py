"""The Critic: blind, by questions or by written numbers, and never 0 for what it can't tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.agents.critic import LLMCritic
from bot.agents.probes.calibration import Calibration, HarmCalibration, load_calibrations
from bot.agents.questions import log_odds
from bot.domain import HARMS, Agent
from bot.errors import LLMRefused, SettingError
from bot.prompting.templates import FOLDER, Prompts
from tests.agents.scripted import CTX, ScriptedLLM, script, talk, whole

PROMPTS = Prompts.load()
CHAT = talk(("Ana", "you never listen to me"))
TEXT = "I always listen, you just forget it."
WRITTEN = {"reason": " It denies. ", "manipulative": 0, "gaslighting": 100, "narcissistic": 25}

FULL = {**WRITTEN, "empathetic": 10, "faults": [], "safe": "yes", "ethical": "no", "good": "no"}

ASKED = {"manipulative": "guilt", "gaslighting": "deny", "narcissistic": "boast"}
"""A word of each harm's question."""


@pytest.mark.parametrize("small", [True, False])
@pytest.mark.parametrize(("harm", "word"), ASKED.items())
async def test_a_yes_to_a_harm_lifts_its_scale_alone(small: bool, harm: str, word: str) -> None:
    llm = ScriptedLLM(script(critic__full_written=[FULL]), harm=word, small=small)
    scores = await LLMCritic(llm, PROMPTS, method="yes/no").score(CHAT, TEXT, CTX)
    assert set(scores.values) == set(HARMS)
    assert scores.values[harm] >= 80
    assert all(scores.values[other] <= 30 for other in HARMS if other != harm)
    assert scores.method.startswith("yes/no ")
    assert f"{harm} 97 %" in scores.reason


async def test_the_three_questions_are_asked_side_by_side() -> None:
    llm = ScriptedLLM(harm="")
    await LLMCritic(llm, PROMPTS).score(CHAT, TEXT, CTX)
    assert llm.most_at_once == len(llm.prompts) == len(HARMS)


async def test_without_probabilities_numbers_are_written() -> None:
    llm = ScriptedLLM(script(critic__written=[WRITTEN]), gives_probabilities=False)
    scores = await LLMCritic(llm, PROMPTS).score(CHAT, TEXT, CTX)
    assert dict(scores.values) == {"manipulative": 0, "gaslighting": 100, "narcissistic": 25}
    assert scores.reason == "It denies."
    assert scores.method.startswith("written ")


async def test_the_median_of_the_repeats_counts() -> None:
    answers = [{**WRITTEN, "gaslighting": value} for value in (0, 100, 75)]
    llm = ScriptedLLM(script(critic__written=answers), gives_probabilities=False)
    scores = await LLMCritic(llm, PROMPTS, repeats=3).score(CHAT, TEXT, CTX)
    assert scores.values["gaslighting"] == 75
    assert llm.most_at_once == 3


@pytest.mark.parametrize("wrong", [{**WRITTEN, "gaslighting": 30}, {"reason": "x"}])
async def test_an_answer_in_another_form_is_an_error(wrong: dict[str, object]) -> None:
    llm = ScriptedLLM(script(critic__written=[wrong]), gives_probabilities=False)
    with pytest.raises(ValidationError):
        await LLMCritic(llm, PROMPTS).score(CHAT, TEXT, CTX)


async def test_an_answer_that_is_neither_yes_nor_no_is_an_error() -> None:
    llm = ScriptedLLM(script(critic__yes_no=[LLMRefused("neither")] * 3))
    with pytest.raises(LLMRefused):
        await LLMCritic(llm, PROMPTS).score(CHAT, TEXT, CTX)


async def test_each_call_holds_one_text_and_no_word_of_which_it_is() -> None:
    llm = ScriptedLLM(harm="", agent=Agent.CRITIC)
    await LLMCritic(llm, PROMPTS).score(CHAT, TEXT, CTX)
    for prompt in llm.prompts:
        said = whole(prompt.messages).lower()
        assert said.count(TEXT.lower()) == 1
        assert not any(word in said for word in ("draft", "therap", "revis", "session"))


async def test_the_method_may_be_forced_and_its_version_follows_the_constants(
    tmp_path: Path,
) -> None:
    llm = ScriptedLLM(script(critic__written=[WRITTEN]))
    critic = LLMCritic(llm, PROMPTS, method="written")
    assert (await critic.score(CHAT, TEXT, CTX)).method == critic.method
    copy = tmp_path / "prompts"
    for file in FOLDER.rglob("*.*"):
        target = copy / file.relative_to(FOLDER)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    constants = copy / "critic" / "calibration.toml"
    first = LLMCritic(llm, Prompts.load(copy)).method
    constants.write_text(constants.read_text("utf-8") + "\n# changed\n", "utf-8")
    assert LLMCritic(llm, Prompts.load(copy)).method != first
    assert LLMCritic(llm, PROMPTS).method == first


def test_a_scale_weighs_the_odds() -> None:
    calibration = Calibration(
        made="by hand", scales={"one": HarmCalibration(bias=-1.0, weight=2.0)}
    )
    # log-odds of 0.75 to 0.25 are ln 3 = 1.0986; sigmoid(-1 + 2.1972) = 0.768
    assert calibration.scores({"one": log_odds(0.75, 0.25)}) == {"one": 77}
    assert calibration.scores({"one": log_odds(1.0, 0.0)}) == {"one": 100}
    assert calibration.scores({"one": log_odds(0.0, 1.0)}) == {"one": 0}
    assert log_odds(0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Field required"),
        ("[small", "calibration.toml"),
        (None, "is missing"),
    ],
)
def test_broken_constants_are_a_setting_error(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "critic" / "calibration.toml"
    path.parent.mkdir()
    if text is not None:
        path.write_text(text, "utf-8")
    with pytest.raises(SettingError) as caught:
        load_calibrations(tmp_path)
    assert said in caught.value.detail


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scales.gaslighting", "scales.other", "a scale for each"),
        ("weight = 1.0", "weight = 0", "greater than 0"),
    ],
)
def test_constants_that_do_not_fit_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (FOLDER / "critic" / "calibration.toml").read_text("utf-8")
    path = tmp_path / "critic" / "calibration.toml"
    path.parent.mkdir()
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(SettingError) as caught:
        load_calibrations(tmp_path)
    assert said in caught.value.detail
