"""SECURITY.md names tests: they have to be there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMED = re.findall(
    r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")
)


@pytest.mark.parametrize(("file", "name"), sorted({*NAMED}))
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    assert (ROOT / file).is_file()
    assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def test_every_threat_says_what_shows_it_and_what_is_left() -> None:
    paper = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|(.+)\|$", paper.split("## Who may want what")[1], re.MULTILINE)[2:]
    assert len(rows) >= 12
    for row in rows:
        who, wants, stops, shown, left = (cell.strip() for cell in row.split("|"))
        assert all((who, wants, stops, left)), row
        assert shown or stops.startswith("nothing"), row
