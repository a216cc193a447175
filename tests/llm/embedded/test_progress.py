"""Progress where there is no terminal: plain lines, and not one for every step."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import MofNCompleteColumn

from bot.llm.embedded.progress import StageBars, progress_bar, waiting


def test_a_stage_has_a_line_for_each_tenth() -> None:
    console = Console(file=io.StringIO(), width=80)
    with StageBars(console, MofNCompleteColumn()) as bars:
        for done in range(1001):
            bars.show("turns", done, 1000)
        bars.show("scores", 0, 5)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "turns: 0 of 1,000"
    assert lines[-2:] == ["turns: 1,000 of 1,000", "scores: 0 of 5"]
    assert len(lines) == 12


def test_what_is_fetched_has_a_line_for_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar("Model") as show:
        for done in range(0, 101, 5):
            show("fetching", done, 100)
        show("checking", 100, 100)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["Model: fetching, 0 %", "Model: fetching, 10 %"]
    assert lines[-1] == "Model: checking, 100 %"
    assert len(lines) == 12


def test_a_wait_without_an_end_in_sight_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting("Copying"):
        assert capsys.readouterr().err == "Copying …\n"
