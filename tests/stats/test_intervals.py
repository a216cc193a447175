"""Intervals by drawing whole clusters: bounds by hand, what widens them, what must not."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.stats.intervals import (
    Estimate,
    estimate,
    mean,
    mean_estimate,
    paired_differences,
    share,
    wilson,
)

clusters = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.lists(st.integers(-100, 100).map(float), min_size=1, max_size=4),
    min_size=2,
    max_size=8,
)


def singles(values: list[float]) -> dict[str, list[float]]:
    return {f"s{at:03d}": [value] for at, value in enumerate(values)}


def width(found: Estimate | None) -> float:
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


def test_the_interval_of_a_mean_is_about_two_standard_errors() -> None:
    values = [float(one) for one in range(100)]  # sd 28.87, so a standard error of 2.89
    found = estimate(singles(values), mean, seed=1)
    assert found is not None
    assert found.value == 49.5
    assert found.low == pytest.approx(49.5 - 1.96 * 2.89, abs=0.7)
    assert found.high == pytest.approx(49.5 + 1.96 * 2.89, abs=0.7)
    assert (found.n, found.clusters) == (100, 100)


def test_two_clusters_worked_by_hand() -> None:
    # The draws are (0,0), (0,10), (10,0), (10,10): means 0, 5, 10, and 2.5 % lies in the 0s.
    found = estimate({"a": [0.0], "b": [10.0]}, mean, seed=3, bca=False)
    assert found == Estimate(5.0, 0.0, 10.0, 2, 2)


def test_copies_within_a_cluster_add_no_certainty() -> None:
    once = estimate(singles([0.0, 4, 8, 3, 9, 1, 7, 2]), mean, seed=5)
    tenfold = {name: values * 10 for name, values in singles([0.0, 4, 8, 3, 9, 1, 7, 2]).items()}
    many = estimate(tenfold, mean, seed=5)
    assert width(many) == pytest.approx(width(once))
    assert many is not None
    assert many.n == 80


def test_skew_moves_the_corrected_interval_towards_the_long_tail() -> None:
    values = [0.0] * 20 + [1.0, 2, 4, 8, 16, 32, 64]
    plain = estimate(singles(values), mean, seed=7, bca=False)
    corrected = estimate(singles(values), mean, seed=7)
    assert plain is not None
    assert corrected is not None
    assert corrected.low is not None
    assert corrected.high is not None
    assert plain.low is not None
    assert plain.high is not None
    assert corrected.low > plain.low
    assert corrected.high > plain.high


def test_one_cluster_has_a_value_and_no_interval() -> None:
    found = estimate({"only": [3.0, 5.0]}, mean, seed=1)
    assert found == mean_estimate({"only": [3.0, 5.0]}, seed=1) == Estimate(4.0, None, None, 2, 1)
    assert found is not None
    assert found.holds_zero


def test_nothing_has_no_estimate() -> None:
    assert estimate({}, mean, seed=1) is None
    assert estimate({"a": [], "b": []}, mean, seed=1) is None
    assert mean_estimate({}, seed=1) is None


def test_equal_values_give_a_point() -> None:
    assert estimate(singles([2.0] * 5), mean, seed=1) == Estimate(2.0, 2.0, 2.0, 5, 5)


@pytest.mark.parametrize(
    ("low", "high", "holds"), [(-1.0, 1.0, True), (0.0, 1.0, True), (0.1, 1.0, False)]
)
def test_whether_an_interval_holds_zero(low: float, high: float, holds: bool) -> None:
    assert Estimate(0.5, low, high, 9, 9).holds_zero is holds


@settings(max_examples=25)
@given(groups=clusters, seed=st.integers(0, 99))
def test_the_same_seed_gives_the_same_interval_in_any_order(
    groups: dict[str, list[float]], seed: int
) -> None:
    backwards = dict(reversed(groups.items()))
    first = estimate(groups, mean, seed=seed, draws=60)
    assert estimate(backwards, mean, seed=seed, draws=60) == first


@settings(max_examples=25)
@given(groups=clusters, shift=st.integers(-50, 50))
def test_a_shift_of_all_values_shifts_the_interval(
    groups: dict[str, list[float]], shift: int
) -> None:
    moved = {name: [value + shift for value in values] for name, values in groups.items()}
    before = estimate(groups, mean, seed=2, draws=60, bca=False)
    after = estimate(moved, mean, seed=2, draws=60, bca=False)
    assert before is not None
    assert after is not None
    assert after.value - shift == pytest.approx(before.value, abs=1e-9)
    assert (after.low or 0) - shift == pytest.approx(before.low, abs=1e-9)
    assert (after.high or 0) - shift == pytest.approx(before.high, abs=1e-9)


@settings(max_examples=25)
@given(groups=clusters, bca=st.booleans())
def test_bounds_stay_within_the_range_of_cluster_means(
    groups: dict[str, list[float]], bca: bool
) -> None:
    found = estimate(groups, mean, seed=4, draws=60, bca=bca)
    values = [value for group in groups.values() for value in group]
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


@settings(max_examples=25)
@given(groups=clusters, bca=st.booleans())
def test_the_quick_way_to_a_mean_gives_the_same(groups: dict[str, list[float]], bca: bool) -> None:
    slow = estimate(groups, mean, seed=6, draws=60, bca=bca)
    quick = mean_estimate(groups, seed=6, draws=60, bca=bca)
    assert slow is not None
    assert quick is not None
    assert (quick.value, quick.n, quick.clusters) == (slow.value, slow.n, slow.clusters)
    assert quick.low == pytest.approx(slow.low, abs=1e-9)
    assert quick.high == pytest.approx(slow.high, abs=1e-9)


def test_wilson_against_the_textbook() -> None:
    low, high = wilson(8, 10)  # 0.490 to 0.943, in any table of score intervals
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)


def test_no_leak_in_forty_scenarios_is_not_certainty() -> None:
    found = share({f"s{at}": [False, False] for at in range(40)}, seed=1)
    assert found is not None
    assert (found.value, found.low, found.n) == (0.0, 0.0, 80)
    assert found.high == pytest.approx(0.0876, abs=0.0005)


def test_a_share_in_between_is_drawn_by_cluster() -> None:
    found = share({"a": [True, True], "b": [False, False], "c": [True, False]}, seed=1)
    assert found is not None
    assert found.value == 0.5
    assert (found.low, found.high) != (None, None)


def test_only_pairs_that_both_conditions_have_are_compared() -> None:
    therapy = {("a", 0): 10.0, ("a", 1): 20.0, ("b", 0): 5.0}
    redraw = {("a", 0): 15.0, ("a", 1): 20.0, ("c", 0): 1.0}
    assert paired_differences(therapy, redraw) == {"a": [-5.0, 0.0]}


def test_the_mean_of_nothing_is_unknown() -> None:
    assert mean([]) is None
    assert mean([1.0, 2.0]) == 1.5
    assert not math.isnan(mean([0.0]) or 0)
