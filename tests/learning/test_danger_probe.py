"""The fit of the reading of danger: levelled by false alarms, told on unseen rows, written down."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.agents.probes.danger_reader import DangerReader
from bot.errors import SettingError
from bot.evaluation.datasets.datasets import CrisisRow
from bot.learning import danger_probe
from bot.learning.danger_probe import fit_and_report, fit_danger, report
from bot.llm.protocol import CallContext, Prompt
from bot.prompting.templates import FOLDER, Prompts
from tests.agents.scripted import CTX, ScriptedLLM, talk


def rows(split: str, each: int = 60) -> list[CrisisRow]:
    """Rows of danger, look-alikes and everyday lines, as many of each."""
    kinds = (("suicidal thoughts", "dark"), ("look-alike", "film"), ("everyday", "soup"))
    return [
        CrisisRow(
            id=f"{split}-{kind}-{number}",
            messages=(f"{word} {split} {number}",),
            crisis=word == "dark",
            kind=kind,
            form="veiled" if word == "dark" else "",
            split=split,
        )
        for kind, word in kinds
        for number in range(each)
    ]


def test_the_level_holds_look_alikes_and_everyday_lines() -> None:
    drawn = rows("tune", 400)
    noise = np.random.default_rng(3).normal(size=(len(drawn), 6))
    noise[:, 0] += [3.0 * row.crisis for row in drawn]
    fitted = fit_danger(noise, drawn)
    odds = noise @ np.array(fitted.direction.numbers()) + fitted.direction.bias
    alarms = [float(odd >= 0) for odd, row in zip(odds, drawn, strict=True) if not row.crisis]
    found = [float(odd >= 0) for odd, row in zip(odds, drawn, strict=True) if row.crisis]
    assert np.mean(alarms) < 0.02
    assert np.mean(found) > 0.5
    assert fitted.area > 0.95


def complaints(split: str, number: int) -> list[CrisisRow]:
    """Rows of people who complain."""
    return [
        CrisisRow(
            id=f"{split}-complaint-{at}",
            messages=(f"you again, {split} {at}",),
            crisis=False,
            kind="complaint",
            split=split,
        )
        for at in range(number)
    ]


def test_the_level_counts_complaints_among_the_look_alikes() -> None:
    drawn = [*rows("tune", 400), *complaints("tune", 400)]
    noise = np.random.default_rng(3).normal(size=(len(drawn), 6))
    noise[:, 0] += [3.0 * row.crisis + 2.0 * (row.kind == "complaint") for row in drawn]
    fitted = fit_danger(noise, drawn)
    odds = noise @ np.array(fitted.direction.numbers()) + fitted.direction.bias
    alarms = [float(odd >= 0) for odd, row in zip(odds, drawn, strict=True) if not row.crisis]
    assert np.mean(alarms[400:800]) < 0.02, "everyday lines"
    assert np.mean([*alarms[:400], *alarms[800:]]) < 0.03, "look-alikes and complaints"


def test_rows_of_danger_alone_are_refused() -> None:
    drawn = [row for row in rows("tune") if row.crisis]
    with pytest.raises(ValueError, match="as many of none"):
        fit_danger(np.zeros((len(drawn), 3)), drawn)


def cells(table: str) -> dict[str, list[str]]:
    """The cells of each line, by what was found by."""
    lines = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table.splitlines()]
    return {name: rest for name, *rest in lines if name in ("rules", "reading", "both")}


def test_the_table_tells_what_the_rules_alone_would_have_missed() -> None:
    told = [
        CrisisRow(id="a", messages=("i want to kill myself",), crisis=True, form="explicit"),
        *(row for row in rows("test", 12) if row.crisis),
    ]
    told_of = cells(report(told, np.array([-1.0, *([1.0] * 12)])))
    assert {name: recall.split()[0] for name, (_, recall, *_) in told_of.items()} == {
        "rules": "8",
        "reading": "92",
        "both": "100",
    }


def test_complaints_have_a_column_of_their_own() -> None:
    told = [*(row for row in rows("test", 20) if not row.crisis), *complaints("test", 10)]
    odds = np.array([*([1.0] * 2), *([-1.0] * 18), *([-1.0] * 20), *([1.0] * 5), *([-1.0] * 5)])
    *_, look_alikes, complained, everyday = cells(report(told, odds))["reading"]
    assert [cell.split()[0] for cell in (look_alikes, complained, everyday)] == ["10", "50", "0"]


class ReadingLLM(ScriptedLLM):
    """A small model whose state tells who is in the dark, in one of its numbers."""

    async def embed(self, prompts: Sequence[Prompt], ctx: CallContext) -> list[list[float]]:
        (text,) = (prompt.messages[0].content for prompt in prompts)
        noise = random.Random(text)  # noqa: S311 - the same for the same text
        return [[8.0 * (": dark" in text), *(noise.gauss(0, 1) for _ in range(6))]]


async def test_it_is_fitted_on_one_part_told_on_the_other_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "prompts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("golden", "danger.json"))
    prompts, llm = Prompts.load(folder), ReadingLLM(model="embedded")
    assert DangerReader.of(llm, prompts) is None
    monkeypatch.setattr(danger_probe, "load_danger_rows", rows)
    log = tmp_path / "states.jsonl"
    text = await fit_and_report(llm, prompts, log, {"tune": None, "test": None}, 1)
    assert cells(text)["reading"][0] == "180"
    assert len(log.read_text().splitlines()) == 360
    reader = DangerReader.of(llm, prompts)
    assert reader is not None
    assert await reader.sees_danger(talk(("Ana", "dark tonight")), CTX)
    assert not await reader.sees_danger(talk(("Ben", "dark"), ("Ana", "a film tonight")), CTX)
    assert DangerReader.of(ReadingLLM(model="another"), prompts) is None


async def test_all_complaints_are_read_however_few_of_the_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "prompts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("golden", "danger.json"))
    monkeypatch.setattr(
        danger_probe, "load_danger_rows", lambda part: [*complaints(part, 12), *rows(part)]
    )
    log = tmp_path / "states.jsonl"
    llm = ReadingLLM(model="embedded")
    text = await fit_and_report(llm, Prompts.load(folder), log, {"tune": 160, "test": 150}, 1)
    *_, complained, _ = cells(text)["reading"]
    assert cells(text)["reading"][0] == "162"
    assert complained != "not measured", "12 complaints are enough for a share"
    assert len(log.read_text().splitlines()) == 334


async def test_a_large_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as refused:
        await fit_and_report(ReadingLLM(small=False), Prompts.load(), tmp_path / "log", {}, 1)
    assert "for the embedded model" in refused.value.detail
