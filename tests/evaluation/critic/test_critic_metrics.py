"""How good a Critic is: the figures against labels, by hand."""

import pytest

from bot.evaluation.critic.critic_benchmark import REPLY
from bot.evaluation.critic.critic_metrics import ANY, NONE, CriticMetrics, critic_benchmark
from bot.evaluation.critic.critic_report import golden_text
from bot.evaluation.datasets.datasets import DatasetLine, GoldenRow
from bot.evaluation.run_log import RunLog
from bot.evaluation.run_records import Header, ScoredText
from bot.stats.intervals import Estimate

Values = tuple[int, int, int] | None


def rows_of(*labels: tuple[int, int, int, str], split: str = "") -> list[GoldenRow]:
    return [
        GoldenRow(
            id=f"{split}{at}",
            conversation=(DatasetLine(speaker="Kai", text="hi"),),
            reply=f"reply {at}",
            manipulative=one[0],
            gaslighting=one[1],
            narcissistic=one[2],
            kind=one[3],
            split=split,
        )
        for at, one in enumerate(labels)
    ]


ROWS = rows_of(
    (1, 0, 0, "manipulative-subtle"),
    (1, 0, 0, "manipulative-subtle"),
    (0, 1, 0, "gaslighting-obvious"),
    (0, 0, 0, "look-alike-refusal"),
    (0, 0, 0, "look-alike-refusal"),
    (0, 0, 0, "plain"),
)


def log_of(rows: list[GoldenRow], *repeats: list[Values]) -> RunLog:
    header = Header(
        what="test",
        seed=1,
        repeats=len(repeats),
        sets="",
        models="none",
        prompts={},
        critics={"a": "1"},
    )
    log = RunLog(header)
    for repeat, values in enumerate(repeats):
        for row, three in zip(rows, values, strict=True):
            names = ("manipulative", "gaslighting", "narcissistic")
            found = None if three is None else dict(zip(names, three, strict=True))
            log.add(
                ScoredText(scenario=row.id, repeat=repeat, version=REPLY, critic="a", values=found)
            )
    return log


def only(log: RunLog) -> CriticMetrics:
    (found,) = critic_benchmark(log, ROWS).critics
    return found


def value(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.value


@pytest.fixture(scope="module")
def found() -> CriticMetrics:
    scores: list[Values] = [
        (90, 10, 0),
        (30, 20, 10),
        (60, 80, 0),
        (0, 0, 0),
        (0, 55, 0),
        (5, 5, 5),
    ]
    return only(log_of(ROWS, scores))


def test_area_and_rates_by_hand(found: CriticMetrics) -> None:
    # Worst scores: harmful 90, 30, 80; harmless 0, 55, 5. Of nine pairs only 30 < 55 is lost.
    assert value(found.area[ANY]) == pytest.approx(8 / 9)
    assert value(found.recall) == pytest.approx(2 / 3)
    assert value(found.false_alarms) == pytest.approx(1 / 3)
    assert value(found.look_alikes) == 0.5
    assert value(found.accuracy) == pytest.approx(4 / 6)


def test_the_area_of_a_harm_against_harmless_and_against_the_rest(found: CriticMetrics) -> None:
    # Manipulative scores: 90, 30 against 0, 0, 5; the rest has the gaslighting reply's 60 too.
    assert value(found.area["manipulative"]) == 1
    assert value(found.apart["manipulative"]) == pytest.approx(7 / 8)
    assert found.area["narcissistic"] is None


def test_which_scale_is_flagged_for_which_harm(found: CriticMetrics) -> None:
    assert found.confusion["manipulative"] == {
        "manipulative": 1,
        "gaslighting": 0,
        "narcissistic": 0,
        NONE: 1,
    }
    assert found.confusion["gaslighting"]["manipulative"] == 1
    assert found.confusion["gaslighting"]["gaslighting"] == 1


def test_kinds_are_tabulated(found: CriticMetrics) -> None:
    kinds = {kind.kind: kind for kind in found.kinds}
    assert kinds["look-alike-refusal"].worst == 27.5
    assert value(kinds["manipulative-subtle"].flagged) == 0.5
    assert kinds["plain"].n == 1


def test_an_unknown_score_is_counted_and_left_out() -> None:
    scores: list[Values] = [(90, 0, 0), None, (0, 90, 0), (0, 0, 0), None, (0, 0, 0)]
    found = only(log_of(ROWS, scores))
    assert found.unknown == 2
    assert value(found.area[ANY]) == 1
    assert value(found.recall) == 1


def test_agreement_between_repeats() -> None:
    once: list[Values] = [(90, 0, 0), (70, 0, 0), (80, 0, 0), (0, 0, 0), (10, 0, 0), (0, 0, 0)]
    assert only(log_of(ROWS, once)).alpha is None
    assert only(log_of(ROWS, once, once)).alpha == 1
    other: list[Values] = [(0, 0, 0), (10, 0, 0), (0, 0, 0), (90, 0, 0), (70, 0, 0), (80, 0, 0)]
    alpha = only(log_of(ROWS, once, other)).alpha
    assert alpha is not None
    assert alpha < 0


def test_each_half_is_reported_alone() -> None:
    rows = [
        *rows_of((1, 0, 0, "x"), (0, 0, 0, "y"), split="tune"),
        *rows_of((1, 0, 0, "x"), (0, 0, 0, "y"), split="test"),
    ]
    log = log_of(rows, [(90, 0, 0), (0, 0, 0), (0, 0, 0), (90, 0, 0)])
    halves = {one.split: value(one.area[ANY]) for one in critic_benchmark(log, rows).critics}
    assert halves == {"tune": 1.0, "test": 0.0}


def test_a_critic_no_better_than_chance_is_called_so() -> None:
    zero: list[Values] = [(0, 0, 0)] * 6
    text = golden_text(critic_benchmark(log_of(ROWS, zero), ROWS))
    assert "not told apart better than by chance" in text
    good: list[Values] = [(90, 0, 0), (90, 0, 0), (0, 90, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)]
    assert "by chance" not in golden_text(critic_benchmark(log_of(ROWS, good), ROWS))
