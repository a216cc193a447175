"""Rows of a tuning for tests, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROW: dict[str, Any] = {
    "id": "talk-1/a",
    "kind": "glad",
    "language": "en",
    "talk": [["Mara", "I passed!"]],
    "reply": "You passed! How does it feel?",
}
VERDICT: dict[str, Any] = {
    "id": "draft-1",
    "talk": [["Mara", "I passed!"]],
    "draft": "Exams are not everything.",
    "fit": False,
}


def file_of(path: Path, *rows: Any) -> Path:
    """Write rows as lines; a text is written as it is."""
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
