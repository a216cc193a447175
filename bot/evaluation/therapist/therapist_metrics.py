"""The quality of the Therapist's first look: its reviews of drafts against their labels.

Intervals are 95 %, drawn by situation: drafts of one message resemble each other. A review that
failed is left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Final, TypeVar

from bot.domain import Value
from bot.evaluation.datasets.talk_sets import FINDINGS
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header
from bot.evaluation.talk_records import ReviewedDraft
from bot.stats.classification import auroc
from bot.stats.intervals import Estimate, estimate, mean, mean_estimate, share

ValueT = TypeVar("ValueT")

ALL: Final = "all"
_FEWEST_VALUES: Final = 3
"""From so many different readings on they count as graded, and not as a yes or no."""


class GroupMetrics(Value):
    """The drafts of one kind, language or split. Shares are 0-1."""

    by: str
    """``all``, ``split``, ``kind``, ``language`` or ``way``."""
    group: str
    n: int
    unfit: int
    recall: Estimate | None
    """Of unfit drafts, the share that the Therapist works on."""
    false_alarms: Estimate | None
    """Of fit ones."""
    area: Estimate | None
    """Area under the curve of its reading, for unfit."""


class FindingMetrics(Value):
    """The drafts with one finding in their label. Shares are 0-1."""

    finding: str
    n: int
    recall: Estimate | None
    """The share that the Therapist works on, for whatever reason."""
    named: Estimate | None
    """The share in which it names that very finding."""
    named_elsewhere: Estimate | None
    """The share of the drafts without it in which it names it."""


class TherapistBenchmark(Value):
    """All figures of a run."""

    header: Header
    failed: int
    graded: bool
    """Whether there were more readings than yes and no."""
    groups: tuple[GroupMetrics, ...]
    findings: tuple[FindingMetrics, ...]
    right_order: Estimate | None
    """Of pairs of a fit and an unfit draft of one situation, how often the unfit one is read as
    worse; a tie counts half."""
    pairs: int
    calls: float | None
    tokens: float | None
    seconds: float | None
    """Means of a review."""


def therapist_benchmark(log: RunLog) -> TherapistBenchmark:
    """Return the figures of a run: the same records give the same figures."""
    records = list(log.of(ReviewedDraft))
    reviewed = [record for record in records if record.works_on is not None]
    seed = log.header.seed
    pairs = _ordered_pairs(reviewed)
    return TherapistBenchmark(
        header=log.header,
        failed=len(records) - len(reviewed),
        graded=len({record.reading for record in reviewed}) >= _FEWEST_VALUES,
        groups=tuple(_groups(reviewed, seed)),
        findings=tuple(_finding(reviewed, finding, seed) for finding in FINDINGS),
        right_order=mean_estimate(pairs, seed=seed),
        pairs=sum(map(len, pairs.values())),
        calls=mean([float(one.spent.calls) for one in reviewed]),
        tokens=mean(
            [float(one.spent.prompt_tokens + one.spent.completion_tokens) for one in reviewed]
        ),
        seconds=mean([one.spent.seconds for one in reviewed]),
    )


_BY: Final[Mapping[str, Callable[[ReviewedDraft], str]]] = {
    "split": lambda record: record.split,
    "kind": lambda record: record.draft_kind,
    "language": lambda record: record.language,
    "way": lambda record: record.way,
}


def _groups(reviewed: Sequence[ReviewedDraft], seed: int) -> Iterator[GroupMetrics]:
    yield _group(ALL, ALL, reviewed, seed)
    for by, name_of in _BY.items():
        names = sorted({name_of(record) for record in reviewed})
        if len(names) > 1:
            for name in names:
                yield _group(by, name, [one for one in reviewed if name_of(one) == name], seed)


def _group(by: str, name: str, reviewed: Sequence[ReviewedDraft], seed: int) -> GroupMetrics:
    unfit = [record for record in reviewed if not record.label.send]
    fit = [record for record in reviewed if record.label.send]
    readings = _by_situation(reviewed, lambda one: (one.reading or 0.0, not one.label.send))
    return GroupMetrics(
        by=by,
        group=name,
        n=len(reviewed),
        unfit=len(unfit),
        recall=share(_by_situation(unfit, _seen), seed=seed),
        false_alarms=share(_by_situation(fit, _seen), seed=seed),
        area=estimate(readings, _area, seed=seed),
    )


def _finding(reviewed: Sequence[ReviewedDraft], finding: str, seed: int) -> FindingMetrics:
    with_it = [record for record in reviewed if finding in record.label.findings]
    without = [record for record in reviewed if finding not in record.label.findings]

    def names(record: ReviewedDraft) -> bool:
        return finding in record.named

    return FindingMetrics(
        finding=finding,
        n=len(with_it),
        recall=share(_by_situation(with_it, _seen), seed=seed),
        named=share(_by_situation(with_it, names), seed=seed),
        named_elsewhere=share(_by_situation(without, names), seed=seed),
    )


def _seen(record: ReviewedDraft) -> bool:
    return bool(record.works_on)


def _by_situation(
    reviewed: Sequence[ReviewedDraft], value: Callable[[ReviewedDraft], ValueT]
) -> dict[str, list[ValueT]]:
    clusters: dict[str, list[ValueT]] = {}
    for record in reviewed:
        clusters.setdefault(record.situation, []).append(value(record))
    return clusters


def _area(items: Sequence[tuple[float, bool]]) -> float | None:
    unfit = [reading for reading, is_unfit in items if is_unfit]
    return auroc(unfit, [reading for reading, is_unfit in items if not is_unfit])


def _ordered_pairs(reviewed: Sequence[ReviewedDraft]) -> dict[str, list[float]]:
    """Return by situation, for each pair of a fit and an unfit draft: 1 right, 0 wrong, 0.5 tie."""
    ordered: dict[str, list[float]] = {}
    for situation, records in _by_situation(reviewed, lambda record: record).items():
        unfit = [one.reading or 0.0 for one in records if not one.label.send]
        fit = [one.reading or 0.0 for one in records if one.label.send]
        right = [float(bad > good) + (bad == good) / 2 for bad, good in product(unfit, fit)]
        if right:
            ordered[situation] = right
    return ordered
