"""Rows for `python -m bot tune` from labelled drafts: fit ones, pairs of two, and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from bot.evaluation.datasets.talk_sets import LabelledDraft
from bot.learning.tuning.rows import ReplyRow, VerdictRow

FIT_TO_SEND = 2
"""How much more a draft is worth where it is fit to send, in points of the need met."""


def preferred_pairs(rows: Sequence[LabelledDraft], by: float) -> list[ReplyRow]:
    """Return a pair for each two drafts of one situation that are that many points apart.

    Points are what a draft is worth, -5 to 4, and `FIT_TO_SEND` more where it is fit to send.
    """
    drafts: dict[str, list[LabelledDraft]] = {}
    for row in rows:
        drafts.setdefault(row.situation, []).append(row)
    return [
        ReplyRow(
            id=f"{situation}/{better.way}-{better.seed}-{worse.way}-{worse.seed}",
            **_talk(better),
            reply=better.draft,
            rejected=worse.draft,
        )
        for situation, own in drafts.items()
        for better, worse in permutations(own, 2)
        if _points(better) - _points(worse) >= by and better.draft != worse.draft
    ]


def fit_replies(rows: Sequence[LabelledDraft]) -> list[ReplyRow]:
    """Return the drafts that are fit to send, to be imitated."""
    return [ReplyRow(id=row.id, **_talk(row), reply=row.draft) for row in rows if row.send]


def verdict_rows(rows: Sequence[LabelledDraft]) -> list[VerdictRow]:
    """Return what a Therapist is to see in each draft: whether it is fit, nothing more."""
    return [VerdictRow(id=row.id, **_talk(row), draft=row.draft, fit=row.send) for row in rows]


def _points(row: LabelledDraft) -> float:
    return row.label.worth + FIT_TO_SEND * row.send


def _talk(row: LabelledDraft) -> dict[str, object]:
    talk = tuple((line.speaker, line.text) for line in row.conversation)
    return {"kind": row.kind, "language": row.language, "talk": talk}
