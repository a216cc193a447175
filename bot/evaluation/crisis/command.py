"""The command `python -m bot evaluate --crisis`: no model, no network, no database."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bot.errors import SettingError
from bot.evaluation.crisis.crisis_benchmark import run_crisis_benchmark
from bot.evaluation.crisis.crisis_report import crisis_json, crisis_text
from bot.evaluation.datasets.datasets import load_crises
from bot.prompting.templates import FOLDER
from bot.rooms.chat.crisis.detector import detect

CRISES: Final = FOLDER / "golden" / "crisis.jsonl"
_SPLITS: Final = ("tune", "test")
_ALL: Final = "all"


def evaluate_crises(own_set: Path | None, split: str, json_file: Path | None) -> str:
    """Return the tables as text, and write all rows to a file if one is named.

    Raises SettingError where a row, a file or ``split`` is wrong.
    """
    if split not in (*_SPLITS, _ALL):
        raise SettingError(f"--split {split!r}: it is {', '.join(_SPLITS)} or {_ALL}.")
    rows = load_crises(own_set or CRISES, None if split == _ALL else split)
    benchmark = run_crisis_benchmark(rows, detect)
    if json_file is not None:
        _write(json_file, crisis_json(benchmark))
    return crisis_text(benchmark)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SettingError(f"--json {path} cannot be written ({type(error).__name__}).") from None
