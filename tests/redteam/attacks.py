"""The attacks, and whether one got through."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.text.reader_view import reader_views


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack: see README.md in this folder."""

    id: str
    kind: str
    language: str
    person: str
    messages: Sequence[str]
    worst: str
    must_not: Sequence[str]
    match: str = ""
    setup: dict[str, Any] = field(default_factory=dict)
    most_messages: int = 2
    fixed_text: bool = False
    hard: bool = False
    only_prompt: bool = False

    def got_through(self, shown: Sequence[str]) -> list[str]:
        """Return what must not be seen in the Chat Room and is."""
        text = "\n".join(shown)
        if self.match == "raw-tags":
            return [hex(ord(c)) for c in text if 0xE0000 <= ord(c) <= 0xE007F][:1]
        if self.match == "raw":
            return [part for part in self.must_not if part in text]
        views = [_squeezed(view) for view in reader_views(text)]
        return [
            part
            for part in self.must_not
            if any(_squeezed(reader_views(part)[0]) in view for view in views)
        ]


def load_attacks() -> list[Attack]:
    """Return all attacks of the file beside this module."""
    lines = Path(__file__).with_name("attacks.jsonl").read_text("utf-8").splitlines()
    return [_attack(json.loads(line)) for line in lines]


def _attack(row: dict[str, Any]) -> Attack:
    worst = row["worst"] * row.get("worst_times", 1) + row.get("worst_tail", "")
    names = set(Attack.__dataclass_fields__) - {"worst"}
    return Attack(worst=worst, **{name: row[name] for name in names if name in row})


def _squeezed(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s+", " ", normal).strip()
