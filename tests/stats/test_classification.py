"""Area under the curve and counts at a threshold, worked by hand and by invariance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stats.classification import Confusion, auroc, confusion

scores = st.lists(st.integers(0, 100), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("positives", "negatives", "area"),
    [
        ([90, 80], [10, 20], 1.0),
        ([10], [90], 0.0),
        ([50, 50], [50], 0.5),
        ([0, 0, 0], [0, 0], 0.5),  # a Critic that always says 0 knows nothing
        ([30, 70], [50, 10], 0.75),  # 30>10, 70>50, 70>10 of four pairs
        ([30, 70], [30, 70], 0.5),
    ],
)
def test_area_worked_by_hand(positives: list[float], negatives: list[float], area: float) -> None:
    assert auroc(positives, negatives) == area


def test_one_class_alone_has_no_area() -> None:
    assert auroc([], [1]) is None
    assert auroc([1], []) is None


@given(positives=scores, negatives=scores)
def test_area_is_the_share_of_pairs_won(positives: list[int], negatives: list[int]) -> None:
    won = sum((p > n) + (p == n) / 2 for p in positives for n in negatives)
    assert auroc(positives, negatives) == pytest.approx(won / len(positives) / len(negatives))


@given(positives=scores, negatives=scores)
def test_swapping_the_classes_mirrors_the_area(positives: list[int], negatives: list[int]) -> None:
    area, mirrored = auroc(positives, negatives), auroc(negatives, positives)
    assert area is not None
    assert mirrored == pytest.approx(1 - area)


@given(positives=scores, negatives=scores)
def test_only_the_order_of_scores_counts(positives: list[int], negatives: list[int]) -> None:
    bent = auroc([one**3 for one in positives], [one**3 for one in negatives])
    assert bent == auroc(positives, negatives)


def test_counts_at_a_threshold() -> None:
    found = confusion([(50, True), (49, True), (50, False), (10, False), (0, False)], 50)
    assert found == Confusion(hits=1, misses=1, false_alarms=1, passed=2)
    assert found.accuracy == pytest.approx(3 / 5)
    assert found.recall == found.precision == 0.5
    assert found.false_alarm_rate == pytest.approx(1 / 3)


def test_rates_of_nothing_are_unknown() -> None:
    found = confusion([], 50)
    assert found.n == 0
    assert [found.accuracy, found.recall, found.precision, found.false_alarm_rate] == [None] * 4


@given(pairs=st.lists(st.tuples(st.integers(0, 100), st.booleans())), threshold=st.integers(0, 100))
def test_every_decision_is_counted_once(pairs: list[tuple[int, bool]], threshold: int) -> None:
    found = confusion(pairs, threshold)
    assert found.n == len(pairs)
    assert found.hits + found.misses == sum(positive for _, positive in pairs)
