"""The fit of the reading of how well a reply fits: levelled, told on unseen talk, written down."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.agents.probes.fit_reader import FIT, FitReader
from bot.domain import Agent
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import DatasetLine
from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.learning.own_talk.fit import (
    FALSE_ALARMS,
    figures_of,
    fit_reading,
)
from bot.learning.own_talk.fit_command import fit_readers
from bot.llm.protocol import CallContext, Prompt
from bot.prompting.templates import FOLDER, Prompts
from tests.agents.scripted import CTX, ScriptedLLM, talk


def draft(situation: int, number: int, *, send: bool, split: str = "train") -> LabelledDraft:
    return LabelledDraft(
        id=f"{split}-{situation}-{number}",
        conversation=(DatasetLine(speaker="Ana", text=f"line {split} {situation}"),),
        draft=f"{'good' if send else 'bad'} {number}",
        manipulative=0,
        gaslighting=0,
        narcissistic=0,
        send=send,
        need=4 if send else 0,
        findings=() if send else ("unheard",),
        kind=f"kind {situation % 3}",
        situation=f"{split} {situation}",
        split=split,
    )


def drafts(split: str = "train", situations: int = 30) -> list[LabelledDraft]:
    return [
        draft(one, number, send=number == one % 4, split=split)
        for one in range(situations)
        for number in range(4)
    ]


def states(
    rows: list[LabelledDraft], *, tells: float
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """A state whose first number tells by ``tells`` standard deviations if a draft is fit."""
    noise = np.random.default_rng(5).normal(size=(len(rows), 8))
    noise[:, 0] += [tells * row.send for row in rows]
    return noise


def test_it_is_told_on_unseen_talk_and_by_chance_where_nothing_tells() -> None:
    rows = drafts()
    told = fit_reading(states(rows, tells=4.0), rows).figures
    assert told.area is not None
    assert min(told.area, told.inside or 0, told.order or 0) > 0.95
    none = fit_reading(states(rows, tells=0.0), rows).figures
    assert none.area == pytest.approx(0.5, abs=0.15)


def test_the_level_lets_through_as_many_fit_drafts_as_it_says() -> None:
    rows = drafts()
    figures = fit_reading(states(rows, tells=1.5), rows).figures
    assert figures.false_alarms == pytest.approx(FALSE_ALARMS, abs=0.05)
    assert figures.recall > 0.6


def test_an_area_inside_kinds_does_not_gain_by_the_kind() -> None:
    rows = drafts()
    kinds = [float(row.kind[-1]) for row in rows]
    figures = figures_of(np.array(kinds), rows)
    assert (figures.inside, figures.order) == (0.5, 0.5)


def test_too_few_drafts_of_either_kind_are_refused() -> None:
    rows = drafts(situations=10)
    with pytest.raises(ValueError, match="at least 20 drafts fit to send"):
        fit_reading(states(rows, tells=1.0), rows)


class ReadingLLM(ScriptedLLM):
    """A small model whose state tells a good draft, in one of its numbers."""

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        (text,) = (prompt.messages[0].content for prompt in prompts)
        noise = random.Random(text)  # noqa: S311 - the same for the same text
        return [[3.0 * ("Reply: good" in text), *(noise.gauss(0, 1) for _ in range(6))]]


async def test_both_agents_get_weights_of_their_own_and_read_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("golden", "fit.json"))
    prompts, llm = Prompts.load(folder), ReadingLLM(model="embedded")
    assert FitReader.of(llm, prompts, Agent.CRITIC) is None
    rows = [*drafts("train"), *drafts("validation"), *drafts("test", 2)]
    log = tmp_path / "states.jsonl"
    text = await fit_readers(rows, llm, prompts, log, lambda *_: None)
    assert [line.split()[1] for line in text.splitlines() if "/fit" in line] == [
        "therapist/fit",
        "critic/fit",
    ]
    assert len(log.read_text().splitlines()) == 240, "the test third is not read"
    for agent in (Agent.THERAPIST, Agent.CRITIC):
        reader = FitReader.of(llm, prompts, agent)
        assert reader is not None
        assert set(reader.probe.directions) == {FIT}
        chat = talk(("Ana", "hi"))
        good, bad = [await reader.read(chat, one, CTX) for one in ("good one", "bad one")]
        assert good - bad > 15
    other = ReadingLLM(model="another")
    assert FitReader.of(other, prompts, Agent.THERAPIST) is None


async def test_a_large_model_is_refused(tmp_path: Path) -> None:
    llm = ReadingLLM(small=False)
    with pytest.raises(SettingError) as refused:
        await fit_readers(drafts(), llm, Prompts.load(), tmp_path / "log", lambda *_: None)
    assert "for the embedded model" in refused.value.detail
