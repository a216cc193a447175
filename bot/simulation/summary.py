"""The tables of a simulation, for each persona: scores, faults, usage, the alliance.

Intervals are 95 %, drawn by conversation: turns of one talk resemble each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final

from bot.agents.alliance.scales import SCALES, Side
from bot.domain import HARMS
from bot.domain.scores import EMPATHETIC
from bot.prompting.user_personas import UserPersonaKind
from bot.reports.text_tables import format_estimate, format_number, format_percent, render_table
from bot.simulation.aims import AimMeasure, AimReached, measure_of
from bot.simulation.records import TalkRecord, TurnRecord
from bot.stats.intervals import Estimate, mean, mean_estimate, share
from bot.text.no_answer import is_no_answer

EVERYBODY: Final = "all"
_WORST: Final = "worst"
_KEY: Final = (
    "Worked on: the Therapist saw something and the Chatbot took it up. Scores by the Critic, "
    "0-100, of draft and reply: means, and the mean difference with its 95 % interval, drawn by "
    "conversation; [?] where there is one conversation only. Lower is better, but of empathetic, "
    "where higher is (- where it is not measured). Everything is on this Chatbot's own drafts: no "
    "claim about therapy against other ways to a second draft is made here (that is what evaluate "
    "is for)."
)


def summary(talks: Sequence[TalkRecord], *, seed: int) -> str:
    """Return the tables as text."""
    groups = _groups(talks)
    parts = [
        render_table(_HEAD, [_course(name, some, seed) for name, some in groups]),
        render_table(_SCORE_HEAD, [_scores(name, some, seed) for name, some in groups]),
        render_table(_COST_HEAD, [_costs(name, some) for name, some in groups]),
        *_aims(groups, seed),
        *_alliance(groups),
        *_broken(talks),
        _KEY,
    ]
    return "\n\n".join(parts) + "\n"


Group = tuple[str, Sequence[TalkRecord]]
_HEAD: Final = ("persona", "talks", "turns", "left", "worked on", "withheld", "leaks", "not scored")
_SCORED: Final = (*HARMS, _WORST, EMPATHETIC)
_SCORE_HEAD: Final = ("before → after", *_SCORED)
_AIM_HEAD: Final = ("red-team aims", "aim", "reached if", "by drafts", "by replies")
_COST_HEAD: Final = ("per turn", "seconds", "calls", "tokens", "US$")


def _groups(talks: Sequence[TalkRecord]) -> list[Group]:
    ordered = sorted(talks, key=lambda talk: (talk.kind, talk.persona))
    groups: list[Group] = [
        (name, list(some)) for name, some in groupby(ordered, key=lambda talk: talk.persona)
    ]
    return [*groups, (EVERYBODY, ordered)] if len(groups) > 1 else groups


def _turns(talks: Iterable[TalkRecord]) -> list[TurnRecord]:
    return [turn for talk in talks for turn in talk.turns]


def _course(name: str, talks: Sequence[TalkRecord], seed: int) -> list[str]:
    turns = _turns(talks)
    return [
        name,
        str(len(talks)),
        str(len(turns)),
        str(sum(talk.ended == "left" for talk in talks)),
        _share(talks, lambda turn: turn.worked_on, seed),
        str(sum(turn.reply is None for turn in turns)),
        str(sum(bool(turn.leaks) for turn in turns)),
        str(sum(map(_is_not_scored, turns))),
    ]  # fmt: skip


def _is_not_scored(turn: TurnRecord) -> bool:
    to_score = turn.reply is not None and not is_no_answer(turn.reply)
    return turn.before is None or (turn.after is None and to_score)


def _share(talks: Sequence[TalkRecord], what: Callable[[TurnRecord], bool], seed: int) -> str:
    return format_percent(share({_key(talk): [what(turn) for turn in talk.turns] for talk in talks},
                         seed=seed))  # fmt: skip


def _scores(name: str, talks: Sequence[TalkRecord], seed: int) -> list[str]:
    return [name, *(_before_after(talks, scale, seed) for scale in _SCORED)]


def _before_after(talks: Sequence[TalkRecord], scale: str, seed: int) -> str:
    pairs = {_key(talk): scored_pairs(talk.turns, scale) for talk in talks}
    both = [pair for some in pairs.values() for pair in some]
    if not both:
        return "-"
    before, after = (mean([pair[at] for pair in both]) for at in (0, 1))
    apart = change(talks, scale, seed)
    return f"{format_number(before, 0)} → {format_number(after, 0)}, {format_estimate(apart, 0)}"


def change(talks: Sequence[TalkRecord], scale: str, seed: int) -> Estimate | None:
    """Return the mean of after minus before on a scale or on the worst of the three harms."""
    clusters = {
        _key(talk): [after - before for before, after in scored_pairs(talk.turns, scale)]
        for talk in talks
    }
    return mean_estimate(clusters, seed=seed)


def scored_pairs(turns: Iterable[TurnRecord], scale: str) -> list[tuple[float, float]]:
    """Return before and after of the turns that have both."""
    pairs = []
    for turn in turns:
        worst = scale == _WORST
        if turn.before is not None and turn.after is not None:
            pair = (turn.before, turn.after)
            if not worst and any(scale not in scores for scores in pair):
                continue  # it was not measured
            before, after = (max(s[h] for h in HARMS) if worst else s[scale] for s in pair)
            pairs.append((float(before), float(after)))
    return pairs


def _costs(name: str, talks: Sequence[TalkRecord]) -> list[str]:
    turns = _turns(talks)
    costs = [turn.cost for turn in turns if turn.cost is not None]
    return [
        name,
        format_number(mean([turn.seconds for turn in turns])),
        format_number(mean([turn.calls for turn in turns])),
        format_number(mean([turn.tokens for turn in turns]), 0),
        format_number(mean(costs), 5),
    ]


def _aims(groups: Sequence[Group], seed: int) -> list[str]:
    """Return a table of how often each red-team persona got what it wanted, if any took part."""
    rows = [
        _aim_row(name, talks, measure, seed)
        for name, talks in groups
        if talks[0].kind == UserPersonaKind.RED_TEAM and name != EVERYBODY
        if (measure := measure_of(talks[0].aim)) is not None
    ]
    return [render_table(_AIM_HEAD, rows)] if rows else []


def _aim_row(name: str, talks: Sequence[TalkRecord], measure: AimMeasure, seed: int) -> list[str]:
    reached = {_key(talk): [measure.reached(turn) for turn in talk.turns] for talk in talks}
    drafts, replies = (
        share({key: [one for one in map(of, turns) if one is not None]
               for key, turns in reached.items()}, seed=seed)
        for of in (_of_draft, _of_reply)
    )  # fmt: skip
    return [name, talks[0].aim, measure.words, format_percent(drafts), format_percent(replies)]


def _of_draft(reached: AimReached) -> bool | None:
    return reached.draft


def _of_reply(reached: AimReached) -> bool | None:
    return reached.reply


def _alliance(groups: Sequence[Group]) -> list[str]:
    """Return a table for each method; the gap is the Chatbot's view minus the Therapist's."""
    methods = dict.fromkeys(
        curve.method
        for _, talks in groups
        for turn in _turns(talks)
        for curve in turn.alliance
        if curve.gaps
    )
    return [_alliance_table(method, groups) for method in methods]


def _alliance_table(method: str, groups: Sequence[Group]) -> str:
    head = [
        f"alliance: {method}",
        "sessions",
        *(f"{scale}, {who}" for scale in SCALES for who in ("Chatbot", "Therapist", "gap")),
    ]
    return render_table(head, [_alliance_row(name, talks, method) for name, talks in groups])


def _alliance_row(name: str, talks: Sequence[TalkRecord], method: str) -> list[str]:
    curves = [
        curve
        for turn in _turns(talks)
        for curve in turn.alliance
        if curve.method == method and curve.gaps
    ]
    cells = []
    for scale in SCALES:
        sides = [mean([one.of_side(side)[scale] for one in curves])
                 for side in (Side.CHATBOT, Side.THERAPIST)]  # fmt: skip
        gaps = mean([gap.values[scale] for curve in curves for gap in curve.gaps])
        cells += [format_number(one, 2) for one in (*sides, gaps)]
    return [name, str(len(curves)), *cells]


def _broken(talks: Sequence[TalkRecord]) -> list[str]:
    return [
        f"{talk.persona} {talk.number} {talk.ended}"
        for talk in talks
        if talk.ended.startswith("broke off")
    ]


def _key(talk: TalkRecord) -> str:
    return f"{talk.persona} {talk.number}"
