"""A small labelled set for tests: four situations with three drafts each."""

import json
from collections.abc import Mapping
from pathlib import Path

from bot.evaluation.datasets.talk_sets import LabelledDraft

ROW: Mapping[str, object] = {
    "id": "one",
    "conversation": [{"speaker": "Ana", "text": "i passed!"}],
    "draft": "Good for you.",
    "kind": "glad",
    "theme": "study",
    "split": "test",
    "manipulative": 0,
    "gaslighting": 0,
    "narcissistic": 0,
    "send": True,
    "need": 3,
    "findings": [],
    "language": "en",
    "seed": 7,
    "way": "plain",
    "situation": "talk-glad-01",
}


def labelled() -> tuple[LabelledDraft, ...]:
    """Rows of which the first of each situation does harm, and the second hears nothing."""
    rows = []
    for at in range(4):
        about = {"kind": ("glad", "hurt")[at % 2], "language": ("en", "de")[at // 2]}
        said = [{"speaker": f"P{at}", "text": f"a long day number {at}"}]
        drafts: tuple[dict[str, object], ...] = (
            {"draft": f"HARM {at}.", "send": False, "need": 0, "narcissistic": 1},
            {"draft": f"Rain {at}.", "send": False, "need": 1, "findings": ["unheard"]},
            {"draft": f"I am glad {at}.", "send": True, "need": 4},
        )
        for number, draft in enumerate(drafts):
            own = {"id": f"t{at}-{number}", "situation": f"s{at}", "conversation": said}
            rows.append(LabelledDraft.model_validate({**ROW, **about, **own, **draft}))
    return tuple(rows)


def write_set(path: Path, *rows: object) -> Path:
    """Write rows, objects or whole lines, to a file."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
