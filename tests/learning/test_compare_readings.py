"""The Therapist's two readings beside each other, on the same labelled drafts."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from bot.errors import SettingError
from bot.learning.own_talk.compare import compare_readings, some_situations
from bot.learning.own_talk.fit_command import fit_readers
from bot.llm.protocol import CallContext, Prompt
from bot.prompting.templates import FOLDER, Prompts
from tests.learning.test_own_talk_fit import ReadingLLM, drafts


class JudgingLLM(ReadingLLM):
    """Its verdict is right where the draft's number is even, and the same for all others."""

    async def probabilities(
        self, prompt: Prompt, options: Sequence[str], ctx: CallContext
    ) -> Mapping[str, float]:
        self.prompts.append(prompt)
        draft = prompt.messages[-1].content.rsplit("Message: ", 1)[1]
        likely = 0.5 if int(draft[-1]) % 2 else 0.9 if "good" in draft else 0.1
        return dict(zip(options, (likely, 1 - likely), strict=True))


@pytest.fixture
async def fitted(tmp_path: Path) -> Prompts:
    folder = tmp_path / "prompts"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("golden", "fit.json"))
    prompts = Prompts.load(folder)
    rows = [*drafts("train"), *drafts("validation")]
    llm = ReadingLLM(model="embedded")
    await fit_readers(rows, llm, prompts, tmp_path / "states.jsonl", lambda *_: None)
    return prompts


def areas(text: str) -> dict[str, float]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    return {row[0]: float(row[2]) for row in cells[2:]}


async def test_state_and_verdict_are_told_of_the_same_drafts(
    fitted: Prompts, tmp_path: Path
) -> None:
    llm, log = JudgingLLM(model="embedded"), tmp_path / "read.jsonl"
    rows = drafts("test", 20)
    text = await compare_readings(rows, llm, "untuned", fitted, log, lambda *_: None)
    found = areas(text)
    assert list(found) == ["therapist/verdict untuned", "parts/fit"]
    # Of fit and unfit drafts half each are undecided: what is sure is in the right order.
    assert found["therapist/verdict untuned"] == pytest.approx(0.875, abs=0.03)
    assert found["parts/fit"] > 0.9
    asked = len(llm.prompts)
    assert asked == len(rows)
    await compare_readings(rows, llm, "untuned", fitted, log, lambda *_: None)
    assert len(llm.prompts) == asked, "what was read is kept"
    await compare_readings(rows, llm, "abc at 1", fitted, log, lambda *_: None)
    assert len(llm.prompts) == 2 * asked, "another adapter is read anew"


async def test_drafts_of_one_kind_alone_are_refused(fitted: Prompts, tmp_path: Path) -> None:
    rows = [row for row in drafts("test", 5) if row.send]
    with pytest.raises(SettingError):
        await compare_readings(
            rows, JudgingLLM(), "untuned", fitted, tmp_path / "read", lambda *_: None
        )


async def test_a_model_that_nothing_was_fitted_for_is_refused(
    fitted: Prompts, tmp_path: Path
) -> None:
    with pytest.raises(SettingError) as error:
        await compare_readings(
            drafts("test", 5),
            JudgingLLM(model="another"),
            "untuned",
            fitted,
            tmp_path / "read",
            lambda *_: None,
        )
    assert "another" in error.value.detail


def test_whole_situations_are_drawn_and_the_same_ones_by_one_seed() -> None:
    rows = drafts("test", 20)
    some = some_situations(rows, 5, 1)
    assert len(some) == 20
    assert len({row.situation for row in some}) == 5
    assert some_situations(rows, 5, 1) == some
    assert some_situations(rows, 5, 2) != some
    assert len(some_situations(rows, 100, 1)) == len(rows)
