"""The agreement of two readers on the same drafts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

from bot.errors import SettingError
from bot.evaluation.datasets.talk_sets import FINDINGS, LabelledDraft
from bot.reports.text_tables import render_table
from bot.stats.agreement import cohen_kappa

Pair = tuple[LabelledDraft, LabelledDraft]
_AT_LEAST: Final = 5
"""A finding that either reader made less often tells nothing of agreement."""


def describe_agreement(first: Sequence[LabelledDraft], second: Sequence[LabelledDraft]) -> str:
    """Return Cohen's kappa of what two readers said of the same drafts, as a table.

    SettingError where they have none in common.
    """
    by_id = {row.id: row for row in first}
    both = [(by_id[row.id], row) for row in second if row.id in by_id]
    if not both:
        raise SettingError("The two files have no draft in common.")
    judged = {"fit to send": [(a.send, b.send) for a, b in both]}
    judged["need at least half met"] = [(a.need >= 2, b.need >= 2) for a, b in both]
    for name in FINDINGS:
        marks = [(name in a.label.findings, name in b.label.findings) for a, b in both]
        if all(sum(mark[reader] for mark in marks) >= _AT_LEAST for reader in (0, 1)):
            judged[name] = marks
    lines = [[what, *_figures(marks)] for what, marks in judged.items()]
    table = render_table(["what", "first", "second", "agree", "kappa"], lines)
    same, told = _order(both)
    order = f"Of {told} pairs of one situation, both put {same} in the same order." if told else ""
    return f"{len(both)} drafts read by both.\n\n{table}\n\n{order}\n"


def _figures(marks: Sequence[tuple[bool, bool]]) -> list[str]:
    kappa = cohen_kappa(marks)
    return [
        str(sum(mark[0] for mark in marks)),
        str(sum(mark[1] for mark in marks)),
        f"{sum(a == b for a, b in marks) / len(marks):.0%}",
        "-" if kappa is None else f"{kappa:.2f}",
    ]


def _order(both: Sequence[Pair]) -> tuple[int, int]:
    """Return how many pairs of one situation both order alike, of those that both order."""
    same = told = 0
    for (a, b), (c, d) in combinations(both, 2):
        first, second = a.label.worth - c.label.worth, b.label.worth - d.label.worth
        if a.situation == c.situation and first and second:
            told += 1
            same += (first > 0) == (second > 0)
    return same, told
