"""What the rules for crises find, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bot.evaluation.crisis.crisis_benchmark import (
    CrisisBenchmark,
    CrisisResult,
    Share,
    false_alarms,
    recall,
    recall_by_talk,
)
from bot.reports.text_tables import render_table
from bot.stats.intervals import wilson

FEWEST: Final = 10
"""Rows below which a share is not told: its interval would hold nearly anything."""
EVERYDAY: Final = "everyday"
COMPLAINT: Final = "complaint"
"""Anger or hurt at the Chatbot or a member: told apart from the look-alikes, as it came later."""
APART: Final = (EVERYDAY, COMPLAINT)
"""Harmless kinds with a line of their own, which are not among the look-alikes."""
_KEY: Final = f"Shares with Wilson's 95 % intervals. Not measured: fewer than {FEWEST} rows."
_FORMS: Final = ("explicit", "veiled")


def crisis_text(benchmark: CrisisBenchmark) -> str:
    """Return the tables; the last line holds recall, false alarms and the number of rows."""
    results = benchmark.results
    languages = sorted({result.row.language for result in results})
    kinds = sorted({result.row.kind for result in results if result.row.crisis})
    parts = [
        render_table(_HEAD, [_row("all", results), *_grouped(results, languages, _language)]),
        render_table(_KIND_HEAD, list(_kinds(results, kinds))),
        *_harmless(results),
    ]
    if (talks := recall_by_talk(results)).whole:
        parts.append(f"Recall by talk: {show_share(talks)} of {talks.whole} talks.")
    parts += [_KEY, f"{benchmark.per_second:.0f} messages a second.", _last_line(results)]
    return "\n\n".join(parts) + "\n"


def crisis_json(benchmark: CrisisBenchmark) -> str:
    """Return every row with what the rules made of it, and the shares, as JSON."""
    results = benchmark.results
    found, alarms = recall(results), false_alarms(results)
    return json.dumps(
        {
            "recall": _as_json(found),
            "false_alarms": _as_json(alarms),
            "n": len(results),
            "messages_per_second": round(benchmark.per_second),
            "rows": [_row_json(result) for result in results],
        },
        ensure_ascii=False,
        indent=1,
    )


_HEAD: Final = ["language", "n", "recall", "explicit", "veiled", "false alarms, look-alikes"]
_KIND_HEAD: Final = ["kind", "n", "recall", "explicit", "veiled"]


def _language(result: CrisisResult) -> str:
    return result.row.language


def _grouped(
    results: Sequence[CrisisResult], names: Sequence[str], key: Callable[[CrisisResult], str]
) -> Iterator[list[str]]:
    for name in names:
        yield _row(name or "-", [result for result in results if key(result) == name])


def _row(name: str, results: Sequence[CrisisResult]) -> list[str]:
    look_alikes = [result for result in results if result.row.kind not in APART]
    return [*_recalls(name, results), show_share(false_alarms(look_alikes))]


def _recalls(name: str, results: Sequence[CrisisResult]) -> list[str]:
    of_form = [recall([result for result in results if result.row.form == form]) for form in _FORMS]
    return [name, str(len(results)), show_share(recall(results)), *map(show_share, of_form)]


def _kinds(results: Sequence[CrisisResult], kinds: Sequence[str]) -> Iterator[list[str]]:
    for kind in kinds:
        yield _recalls(kind or "-", [result for result in results if result.row.kind == kind])


def _harmless(results: Sequence[CrisisResult]) -> Iterator[str]:
    for name, kind in (("Everyday lines", EVERYDAY), ("Complaints", COMPLAINT)):
        alarms = false_alarms([result for result in results if result.row.kind == kind])
        if alarms.whole:
            yield f"{name}: {alarms.part} alarms in {alarms.whole}, {show_share(alarms)}."


def show_share(share: Share) -> str:
    """Return a share with its interval in words; of too few rows that it was not measured."""
    if share.whole < FEWEST:
        return "not measured"
    low, high = wilson(share.part, share.whole)
    return f"{100 * share.part / share.whole:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"


def _as_json(share: Share) -> dict[str, object]:
    value = share.part / share.whole if share.whole else None
    interval = wilson(share.part, share.whole) if share.whole else None
    return {"value": value, "interval": interval, "part": share.part, "whole": share.whole}


def _row_json(result: CrisisResult) -> dict[str, object]:
    row = result.row
    sign = result.sign
    return {
        "id": row.id,
        "crisis": row.crisis,
        "kind": row.kind,
        "language": row.language,
        "found": result.found,
        "found_kind": sign.kind.value if sign else None,
        "rule": sign.rule if sign else None,
    }


def _last_line(results: Sequence[CrisisResult]) -> str:
    found, alarms = recall(results), false_alarms(results)
    return f"recall {_fraction(found)}, false alarms {_fraction(alarms)}, n {len(results)}"


def _fraction(share: Share) -> str:
    return f"{share.part / share.whole:.3f}" if share.whole else "-"
