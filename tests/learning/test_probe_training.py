"""Fitting a probe: it learns what can be learned, and says what it is worth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.agents.critic import READ_ANSWERS, READ_STATE
from bot.agents.probes.features import QUESTIONS
from bot.agents.probes.linear_probe import ANY, load_probe
from bot.agents.small_model.short_review import READ_STATE as THERAPIST_STATE
from bot.domain import HARMS
from bot.errors import LLMUnavailable, SettingError
from bot.evaluation.command import Options
from bot.evaluation.datasets.datasets import GoldenRow
from bot.evaluation.plan import silent
from bot.learning.feature_cache import FeatureCache
from bot.learning.probe_fit import Array, fit_probe
from bot.learning.probe_training import deal, fit_probes
from bot.llm.protocol import CallContext, Prompt
from tests.agents.probes.test_linear_probe import MODEL, with_probes
from tests.agents.scripted import ScriptedLLM

RANDOM = np.random.default_rng(7)


def row(at: int, harm: str | None) -> GoldenRow:
    labels = {one: int(one == harm) for one in HARMS}
    said = [{"speaker": "Kai", "text": f"hello number {at // 2}"}]
    fields = {"id": f"r{at}", "conversation": said, "reply": f"Well, {at}.", **labels}
    return GoldenRow.model_validate({**fields, "theme": f"theme {at % 13}"})


def rows(count: int = 240) -> list[GoldenRow]:
    kinds = (None, "manipulative", None, "gaslighting", None, "narcissistic")
    return [row(at, kinds[at % len(kinds)]) for at in range(count)]


def vector(one: GoldenRow, noise: float) -> list[float]:
    """Eight numbers, of which the first three tell the harm."""
    signal = [2.0 * getattr(one, harm) for harm in HARMS] + [0.0] * 4 + [3.0]
    return [float(x) for x in np.array(signal) + noise * RANDOM.standard_normal(8)]


def vectors(given: list[GoldenRow], noise: float) -> Array:
    found: Array = np.array([vector(one, noise) for one in given])
    unit: Array = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def test_what_can_be_told_apart_is() -> None:
    given = rows()
    fitted = fit_probe(vectors(given, 0.2), given, 0.1)
    assert all(area > 0.97 for area in fitted.area.values())
    assert fitted.recall > 0.9
    assert fitted.false_alarms <= 0.12
    weights = np.array([fitted.directions[harm].numbers()[:3] for harm in HARMS])
    assert (weights.argmax(axis=1) == np.arange(3)).all()


def test_noise_is_not_passed_off_as_knowledge() -> None:
    given = rows()
    noise = RANDOM.standard_normal((len(given), 40))
    fitted = fit_probe(noise / np.linalg.norm(noise, axis=1, keepdims=True), given, 0.1)
    assert 0.3 < fitted.area[ANY] < 0.7


def test_too_few_rows_are_refused() -> None:
    given = rows(30)
    with pytest.raises(ValueError, match="of each harm"):
        fit_probe(vectors(given, 0.2), given, 0.1)


def test_no_conversation_is_on_both_sides() -> None:
    dealt = deal(rows())
    talks = [{one.conversation[0].text for one in own} for own in dealt.values()]
    assert not talks[0] & talks[1]
    assert sum(map(len, dealt.values())) == 240
    assert min(map(len, dealt.values())) > 80


class Embedding(ScriptedLLM):
    """Embeds a reply by its number, and says what it does; down after so many."""

    lasts: int = 10_000

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        if len(self.prompts) >= self.lasts:
            raise LLMUnavailable("down")
        self.prompts.extend(prompts)
        return [vector(self._row(prompt), 0.1) for prompt in prompts]

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        self.prompts.append(prompt)
        row, asked = self._row(prompt), prompt.messages[-1].content.rsplit("\n", 1)[-1]
        words = {"manipulative": "guilt", "gaslighting": "doubt", "narcissistic": "above"}
        yes = any(getattr(row, harm) and word in asked for harm, word in words.items())
        likely = (0.7 if yes else 0.2) + 0.1 * RANDOM.random()
        return dict(zip(options, (likely, 1 - likely), strict=True))

    def _row(self, prompt: Prompt) -> GoldenRow:
        said = prompt.messages[-1].content.split(": Well, ")[1]
        return rows()[int(said.split(".")[0])]


async def test_all_probes_are_written_and_loaded_by_the_agents(tmp_path: Path) -> None:
    prompts = with_probes(tmp_path / "prompts")
    log, figures = tmp_path / "vectors.jsonl", tmp_path / "figures.json"
    said = await fit_probes(rows(), Embedding(model=MODEL), prompts, log, silent, figures)
    assert said.count("| critic") == 2
    assert said.count("| therapist") == 1
    written = json.loads(figures.read_text("utf-8"))
    assert [one["probe"].partition("/")[0] for one in written] == ["critic", "critic", "therapist"]
    assert all(0 <= one["recall"] <= 1 and one["area"] for one in written)
    readings = (READ_STATE, READ_ANSWERS, THERAPIST_STATE)
    probes = [load_probe(prompts, one) for one in readings]
    critic, answers, therapist = (probe.directions for probe in probes if probe is not None)
    assert critic != therapist
    assert len(answers[ANY][1]) == len(QUESTIONS)


async def test_a_model_elsewhere_gets_no_probe_in_the_embedded_ones_place(tmp_path: Path) -> None:
    prompts, large = with_probes(tmp_path / "prompts"), Embedding(model="large", small=False)
    with pytest.raises(SettingError) as caught:
        await fit_probes(rows(), large, prompts, tmp_path / "vectors.jsonl", silent)
    assert "large serves the Critic" in caught.value.detail
    probe = load_probe(prompts, READ_STATE)
    assert probe is not None
    assert probe.model == MODEL


def test_fitting_and_measuring_are_asked_for_apart() -> None:
    with pytest.raises(SettingError) as caught:
        Options.chosen(True, None, None, "all", (), None, fit=True)
    assert "--fit goes without --critic" in caught.value.detail


async def test_a_fit_that_broke_off_asks_only_for_what_is_missing(tmp_path: Path) -> None:
    prompts, log = with_probes(tmp_path / "prompts"), tmp_path / "vectors.jsonl"
    broken = Embedding(model=MODEL)
    broken.lasts = 100
    with pytest.raises(LLMUnavailable):
        await fit_probes(rows(), broken, prompts, log, silent)
    with log.open("a") as file:
        file.write('{"key": "torn')
    second = Embedding(model=MODEL)
    await fit_probes(rows(), second, prompts, log, silent)
    asked = len(QUESTIONS) * len(deal(rows())["critic"])
    assert len(broken.prompts) + len(second.prompts) == 240 + asked
    third = Embedding(model=MODEL)
    await fit_probes(rows(), third, prompts, log, silent)
    assert third.prompts == []


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "notes.txt"
    log.write_text("my notes\n")
    with pytest.raises(SettingError) as caught:
        FeatureCache(ScriptedLLM(), log)
    assert "notes.txt:1: not a vector" in caught.value.detail
    assert log.read_text() == "my notes\n"
