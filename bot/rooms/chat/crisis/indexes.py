"""Checks the rule files and writes their indexes: to be run after every edit of one.

python -m bot.rooms.chat.crisis.indexes
"""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path

from bot.rooms.chat.crisis.rule_file import RuleFile
from bot.rooms.chat.crisis.rulebook import Rulebook, digest_of


def write_indexes(folder: str) -> None:
    """Check every rule file of ``folder`` and write its index, where that is out of date."""
    place = Path(str(files(__package__).joinpath(folder)))
    place.joinpath("index").mkdir(exist_ok=True)
    for path in sorted(place.glob("*.toml")):
        written, kept = path.read_bytes(), place / "index" / f"{path.stem}.json"
        if kept.is_file() and json.loads(kept.read_bytes()).get("of") == digest_of(written):
            continue
        book = Rulebook(path.stem, RuleFile.model_validate(tomllib.loads(written.decode())))
        text = book.index(digest_of(written)).model_dump_json(exclude_defaults=True)
        part = kept.with_suffix(".part")
        part.write_text(text, "utf-8")
        part.replace(kept)


if __name__ == "__main__":
    for name in ("rules", "outgoing"):
        write_indexes(name)
