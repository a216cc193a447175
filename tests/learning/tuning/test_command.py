"""The command `tune`, as far as it comes without torch: what is refused, and how it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot import cli, errors
from bot.cli.endings import WRONG_SETTING
from bot.learning.tuning.command import read_examples_of
from bot.learning.tuning.options import PACKAGES, TuneOptions
from tests.learning.tuning.rows import ROW, VERDICT, file_of

pytestmark = pytest.mark.usefixtures("process_as_before")


def complaint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: object
) -> str:
    """What `tune` complains of, which ends it with the status of a wrong setting."""
    monkeypatch.setattr(sys, "argv", ["bot", "tune", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == WRONG_SETTING
    return capsys.readouterr().err


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return file_of(tmp_path / "rows.jsonl", ROW, {**ROW, "id": "b", "talk": [["Teo", "hm"]]})


def test_a_plain_install_reads_which_extra_it_takes(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(errors, "find_spec", lambda _name: None)
    told = complaint(
        monkeypatch, capsys, "--method", "sft", "--data", data, "--out", data.parent / "out"
    )
    assert 'pip install ".[tune]"' in told
    assert all(package in told for package in PACKAGES)
    assert not (data.parent / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--method", "ppo"), "sft or dpo"),
        (("--method", "sft", "--agent", "critic"), "chatbot or therapist"),
        (("--method", "dpo", "--agent", "therapist"), "--method sft"),
        (("--method", "sft", "--precision", "int4"), "bfloat16"),
        (("--method", "dpo"), "`rejected`"),
        (("--method", "sft", "--agent", "therapist"), "rows.jsonl:1"),
        (("--method", "sft", "--persona", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_loaded(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    told: str,
) -> None:
    out = data.parent / "out"
    assert told in complaint(monkeypatch, capsys, "--data", data, "--out", out, *arguments)
    assert not out.exists()


def test_each_agents_rows_are_rendered_by_its_own_prompt(tmp_path: Path) -> None:
    path = file_of(tmp_path / "verdicts.jsonl", VERDICT)
    options = TuneOptions.chosen(
        path, tmp_path / "out", "embedded", None, "auto", False, method="sft", agent="therapist"
    )
    examples, data_hash = read_examples_of(options)
    assert examples[0].verdicts is not None
    assert len(data_hash) == 64
