"""Area under the curve, worked by hand and by invariance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stats.classification import auroc

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
