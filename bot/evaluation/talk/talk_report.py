"""A talk evaluation's figures as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.evaluation.talk.judged_turns import MARGIN
from bot.evaluation.talk.talk_metrics import (
    ALL,
    ChangeMetrics,
    CostMetrics,
    JudgeMetrics,
    LookMetrics,
    TalkBenchmark,
)
from bot.reports.text_tables import format_estimate, format_number, format_percent, render_table

_KEY: Final = (
    "In need of work: drafts that the judge finds not fit to send. Recall: those of them that the "
    "Therapist's first review works on; false alarms: fit ones. Area: of its reading, for not fit "
    "(1 perfect, 0.5 chance). Sent and fit: of all turns but those with help, a withheld one is "
    f"not. Better, worse: by a pair asked in both orders, else by {MARGIN:g} of 100 points, by "
    "hand labels from 1 of their worth. Intervals: 95 %, drawn by room."
)
_LOOK_HEAD: Final = (
    *("turns", "in need of work", "recall", "false alarms", "area", "sent and fit"),
)
_NO_HAND: Final = (
    "No hand labels: the judges are models, and how far they can be trusted is not known from "
    "this run."
)


def talk_text(figures: TalkBenchmark) -> str:
    """Return the tables: what was sent, then each judge's, then the costs."""
    return "\n\n".join(_parts(figures)) + "\n"


def _parts(figures: TalkBenchmark) -> Iterator[str]:
    header = figures.header
    judges = ", ".join(judge.judge for judge in figures.judges) or "none"
    yield (
        f"Models: {header.models.rstrip('.')}. {header.what}. Seed {header.seed}, set "
        f"{header.sets}: {figures.rooms} rooms, {figures.turns} turns. Judges: {judges}."
    )
    if all(judge.area_by_hand is None for judge in figures.judges):
        yield _NO_HAND
    if figures.failed_judgements:
        yield f"{figures.failed_judgements} judgements failed and are missing from the figures."
    yield render_table(
        ("what is sent", "turns"), [[name, str(n)] for name, n in figures.outcomes.items()]
    )
    for judge in figures.judges:
        yield from _judge(judge)
    yield render_table(
        ("a turn", "n", "calls", "tokens", "seconds", "US$"), [_cost(one) for one in figures.costs]
    )
    yield _KEY


def _judge(judge: JudgeMetrics) -> Iterator[str]:
    yield f"## By {judge.judge}"
    for by in dict.fromkeys(look.by for look in judge.looks):
        rows = [_look(look) for look in judge.looks if look.by == by]
        yield render_table(("drafts" if by == ALL else by, *_LOOK_HEAD), rows)
    yield render_table(
        ("reply against draft", "turns", "better", "same", "worse"),
        [_change(change) for change in judge.changes],
    )
    if judge.area_by_hand is not None:
        area = format_estimate(judge.area_by_hand, 2)
        yield f"Against hand labels: area {area} for fit to send, over drafts and replies."


def _look(look: LookMetrics) -> list[str]:
    return [
        look.group or "-",
        str(look.turns),
        *(format_percent(of) for of in (look.in_need, look.recall, look.false_alarms)),
        format_estimate(look.area, 2),
        format_percent(look.sent_fit),
    ]


def _change(change: ChangeMetrics) -> list[str]:
    shares = (change.better, change.same, change.worse)
    return [change.of, str(change.turns), *map(format_percent, shares)]


def _cost(cost: CostMetrics) -> list[str]:
    return [
        cost.of,
        str(cost.turns),
        format_number(cost.calls),
        format_number(cost.tokens, 0),
        format_number(cost.seconds, 2),
        format_number(cost.cost, 5),
    ]
