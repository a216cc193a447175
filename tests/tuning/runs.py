"""Small tunings for tests: rows, options, and the parts of a run."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.learning.tuning.card import Card
from bot.learning.tuning.command import read_examples_of
from bot.learning.tuning.options import TuneOptions
from bot.learning.tuning.packed_model import PackedModel
from bot.learning.tuning.run import Prepared, load_packed, prepare, tune

NAMES = ("Mara", "Teo", "Ines", "Bao")


def write_rows(path: Path, count: int = 20) -> Path:
    """Write rows with a reply and a rejected one, each of a situation of its own."""
    rows = [
        {
            "id": f"row-{at}",
            "kind": "glad" if at % 2 else "hurt",
            "language": "en" if at % 3 else "de",
            "talk": [[NAMES[at % 4], f"this is the message number {at}"]],
            "reply": f"What a day, {NAMES[at % 4]}! Number {at}, and then?",
            "rejected": f"As a bot I cannot know the number {at}.",
        }
        for at in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def write_verdicts(path: Path, count: int = 20) -> Path:
    """Write drafts with verdicts that the draft's first word gives away."""
    rows = [
        {
            "id": f"draft-{at}",
            "talk": [[NAMES[at % 4], f"hello for the {at}. time"]],
            "draft": "Good to see you." if at % 2 else "Bad to see you.",
            "fit": bool(at % 2),
            "missing": "" if at % 2 else "kindness",
        }
        for at in range(count)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def options(data: Path, out: Path, base: Path, **changed: Any) -> TuneOptions:
    """Return options of five steps in float32 from the lowest layer but one."""
    settings: dict[str, Any] = {
        "method": "sft", "agent": "chatbot", "persona": "default", "steps": 5,
        "batch": 4, "rate": 1e-2, "rank": 4, "first_layer": 1, "held": 0.25, "seed": 1,
    }  # fmt: skip
    minutes = changed.pop("minutes", None)
    fresh = changed.pop("fresh", False)
    return TuneOptions.chosen(
        data, out, str(base), minutes, "float32", fresh, **{**settings, **changed}
    )


def run(chosen: TuneOptions) -> Card:
    """Tune, with what is said on the way thrown away."""
    examples, data_hash = read_examples_of(chosen)
    return tune(chosen, examples, data_hash, Console(file=StringIO()))


def loaded(chosen: TuneOptions) -> tuple[Prepared, PackedModel]:
    """Return the rows in tokens, and the model with a fresh adapter."""
    prepared = prepare(chosen, read_examples_of(chosen)[0])
    return prepared, load_packed(chosen, prepared, Console(file=StringIO()))[0]
