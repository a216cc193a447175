"""The figures of a talk evaluation, by each judge: drafts, the Therapist's look, what a round did.

Intervals are 95 %, drawn by room: turns of one room resemble each other. What a judge does not
know is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeVar

from bot.domain import Value
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header
from bot.evaluation.talk.judged_turns import HAND, Judged, JudgedTurn, judged_turns
from bot.evaluation.talk_records import ComparedTalkTexts, JudgedTalkText, TalkTurn
from bot.stats.classification import auroc
from bot.stats.intervals import Estimate, estimate, mean, share

ALL: Final = "all"
REWORKED: Final = "written anew"
LET_THROUGH: Final = "let through"
ValueT = TypeVar("ValueT")


class LookMetrics(Value):
    """The drafts of one kind or language, and what the Therapist's first review sees in them."""

    by: str
    group: str
    turns: int
    """Those whose draft the judge knows."""
    in_need: Estimate | None
    """Share, 0-1, of drafts that are not fit to send."""
    recall: Estimate | None
    """Of these, the share that the Therapist works on."""
    false_alarms: Estimate | None
    """Of fit drafts, the share that it works on."""
    area: Estimate | None
    """Area under the curve of its reading, for not fit."""
    sent_fit: Estimate | None
    """Of the turns whose end is known, the share in which a reply was sent that is fit to send."""


class ChangeMetrics(Value):
    """The replies against the drafts of the same turns. Shares are 0-1."""

    of: str
    turns: int
    better: Estimate | None
    same: Estimate | None
    worse: Estimate | None


class JudgeMetrics(Value):
    """All that one judge makes of a run."""

    judge: str
    looks: tuple[LookMetrics, ...]
    changes: tuple[ChangeMetrics, ...]
    area_by_hand: Estimate | None
    """Area under the curve of its worth for fit to send by hand labels, drafts and replies."""


class CostMetrics(Value):
    """What turns take: means, of the Critic's calls too; seconds from message to reply."""

    of: str
    turns: int
    calls: float | None
    tokens: float | None
    seconds: float | None
    cost: float | None
    """US dollars, None where no price is known."""


class TalkBenchmark(Value):
    """All figures of a run."""

    header: Header
    rooms: int
    turns: int
    outcomes: Mapping[str, int]
    """How many turns ended how."""
    failed_judgements: int
    judges: tuple[JudgeMetrics, ...]
    costs: tuple[CostMetrics, ...]


def talk_benchmark(log: RunLog) -> TalkBenchmark:
    """Return the figures of a run: the same records give the same figures."""
    turns = list(log.of(TalkTurn))
    judged = judged_turns(log)
    by_hand = judged.get(HAND)
    seed = log.header.seed
    return TalkBenchmark(
        header=log.header,
        rooms=len({turn.room for turn in turns}),
        turns=len(turns),
        outcomes=_outcomes(turns),
        failed_judgements=_failed(log),
        judges=tuple(
            JudgeMetrics(
                judge=judge,
                looks=tuple(_looks(seen, seed)),
                changes=tuple(_changes(seen, seed)),
                area_by_hand=None if judge == HAND else _area_by_hand(seen, by_hand, seed),
            )
            for judge, seen in judged.items()
        ),
        costs=tuple(_costs(turns)),
    )


def _failed(log: RunLog) -> int:
    readings = sum(one.failure is not None for one in log.of(JudgedTalkText))
    return readings + sum(one.failure is not None for one in log.of(ComparedTalkTexts))


def _outcomes(turns: Sequence[TalkTurn]) -> dict[str, int]:
    def count(test: Callable[[TalkTurn], bool]) -> int:
        return sum(map(test, turns))

    return {
        "the draft as it was": count(lambda one: one.reply is not None and one.reply == one.draft),
        "another text": count(lambda one: one.reply is not None and one.reply != one.draft),
        "withheld": count(lambda one: one.outcome == "withheld"),
        "help in danger": count(lambda one: one.outcome == "helped"),
        "no turn": count(lambda one: one.outcome == "failed"),
    }


_BY: Final[Mapping[str, Callable[[TalkTurn], str]]] = {
    "kind": lambda turn: turn.room_kind,
    "language": lambda turn: turn.language,
}


def _looks(seen: Sequence[JudgedTurn], seed: int) -> Iterator[LookMetrics]:
    yield _look(ALL, ALL, seen, seed)
    for by, name_of in _BY.items():
        names = sorted({name_of(one.turn) for one in seen})
        if len(names) > 1:
            for name in names:
                yield _look(by, name, [one for one in seen if name_of(one.turn) == name], seed)


def _look(by: str, name: str, seen: Sequence[JudgedTurn], seed: int) -> LookMetrics:
    known = [one for one in seen if one.draft.fit is not None]
    reviewed = [one for one in known if one.turn.review is not None]
    unfit = [one for one in reviewed if not one.draft.fit]
    fit = [one for one in reviewed if one.draft.fit]
    return LookMetrics(
        by=by,
        group=name,
        turns=len(known),
        in_need=share(_by_room(known, lambda one: not one.draft.fit), seed=seed),
        recall=share(_by_room(unfit, _worked_on), seed=seed),
        false_alarms=share(_by_room(fit, _worked_on), seed=seed),
        area=estimate(_by_room(reviewed, _reading_and_unfit), _area, seed=seed),
        sent_fit=share(
            _by_room([one for one in seen if _end_known(one)], lambda one: bool(one.reply.fit)),
            seed=seed,
        ),
    )


def _worked_on(one: JudgedTurn) -> bool:
    return one.turn.review is not None and one.turn.review.works_on


def _reading_and_unfit(one: JudgedTurn) -> tuple[float, bool]:
    reading = one.turn.review.reading if one.turn.review else 0.0
    return reading, not one.draft.fit


def _end_known(one: JudgedTurn) -> bool:
    """Return whether it is known if something fit was sent: an apology is not, help is apart."""
    return one.reply.fit is not None or one.turn.outcome == "withheld"


def _changes(seen: Sequence[JudgedTurn], seed: int) -> Iterator[ChangeMetrics]:
    for name, some in ((REWORKED, [one for one in seen if one.turn.reworked]), (ALL, seen)):
        known = [one for one in some if one.change is not None]
        yield ChangeMetrics(
            of=name,
            turns=len(known),
            better=share(_by_room(known, lambda one: one.change == 1), seed=seed),
            same=share(_by_room(known, lambda one: one.change == 0), seed=seed),
            worse=share(_by_room(known, lambda one: one.change == -1), seed=seed),
        )


def _area_by_hand(
    seen: Sequence[JudgedTurn], by_hand: Sequence[JudgedTurn] | None, seed: int
) -> Estimate | None:
    """Return how well a judge's worth tells texts that are fit by hand from the others."""
    clusters: dict[str, list[tuple[float, bool]]] = {}
    for one, hand in zip(seen, by_hand or (), strict=False):
        pairs = [(one.draft, hand.draft)]
        if one.turn.reply != one.turn.draft:
            pairs.append((one.reply, hand.reply))
        clusters.setdefault(one.turn.room, []).extend(_worth_and_fit(pairs))
    return estimate(clusters, _area, seed=seed)


def _worth_and_fit(pairs: Sequence[tuple[Judged, Judged]]) -> Iterator[tuple[float, bool]]:
    for mine, by_hand in pairs:
        if mine.worth is not None and by_hand.fit is not None:
            yield mine.worth, by_hand.fit


def _area(items: Sequence[tuple[float, bool]]) -> float | None:
    positives = [value for value, positive in items if positive]
    return auroc(positives, [value for value, positive in items if not positive])


def _costs(turns: Sequence[TalkTurn]) -> Iterator[CostMetrics]:
    answered = [turn for turn in turns if turn.outcome in ("sent", "withheld")]
    groups = {
        LET_THROUGH: [turn for turn in answered if not turn.reworked],
        REWORKED: [turn for turn in answered if turn.reworked],
        ALL: answered,
    }
    for name, some in groups.items():
        spent = [turn.spent for turn in some]
        yield CostMetrics(
            of=name,
            turns=len(some),
            calls=mean([float(one.calls) for one in spent]),
            tokens=mean([float(one.prompt_tokens + one.completion_tokens) for one in spent]),
            seconds=mean([one.seconds for one in spent]),
            cost=mean([one.cost for one in spent if one.cost is not None]),
        )


def _by_room(
    seen: Sequence[JudgedTurn], value: Callable[[JudgedTurn], ValueT]
) -> dict[str, list[ValueT]]:
    clusters: dict[str, list[ValueT]] = {}
    for one in seen:
        clusters.setdefault(one.turn.room, []).append(value(one))
    return clusters
