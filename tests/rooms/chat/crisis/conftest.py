from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bot.prompting.templates import FOLDER

HERE = Path(__file__).resolve().parent


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.fixture(scope="session")
def tune() -> list[dict[str, Any]]:
    rows = _rows(FOLDER / "golden" / "crisis.jsonl")
    return [row for row in rows if row["split"] == "tune"]


@pytest.fixture(scope="session")
def outgoing() -> list[dict[str, Any]]:
    return _rows(HERE / "outgoing.jsonl")
