"""Krippendorff's alpha: the published example, cases by hand, and what must not matter."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stats.agreement import (
    Metric,
    alpha_of_units,
    krippendorff_alpha,
    pairs_alpha_estimate,
)
from bot.stats.intervals import estimate

Units = list[list[int | None]]

PUBLISHED: Units = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]

ratings = st.integers(2, 4).flatmap(
    lambda raters: st.lists(
        st.lists(st.one_of(st.none(), st.integers(0, 5)), min_size=raters, max_size=raters),
        min_size=1,
        max_size=8,
    )
)
metrics: st.SearchStrategy[Metric] = st.sampled_from(("nominal", "ordinal", "interval"))


def by_rater(units: Units) -> Units:
    return [list(row) for row in zip(*units, strict=True)]


def by_definition(units: Units) -> float | None:
    """Interval alpha as Krippendorff writes it: pairs of ratings within units, and of all."""
    pairable = [
        known for unit in units if len(known := [one for one in unit if one is not None]) > 1
    ]
    ratings = [one for unit in pairable for one in unit]
    expected = sum((one - other) ** 2 for one, other in permutations(ratings, 2))
    if not expected:
        return None
    observed = sum(
        (one - other) ** 2 / (len(unit) - 1)
        for unit in pairable
        for one, other in permutations(unit, 2)
    )
    return 1 - observed / (expected / (len(ratings) - 1))


@given(units=ratings)
def test_the_closed_form_is_the_definition(units: Units) -> None:
    assert alpha_of_units(units) == pytest.approx(by_definition(units))


@pytest.mark.parametrize(
    ("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example(metric: Metric, alpha: float) -> None:
    assert krippendorff_alpha(PUBLISHED, metric) == pytest.approx(alpha, abs=0.0005)


def test_two_raters_worked_by_hand() -> None:
    # Within units: two pairs apart by 1 of eight ordered ratings, so 2 / 6. Over all ratings
    # (1, 1, 2, 2, 3, 2): squared differences sum to 2*(2*3*1 + 2*1*4 + 3*1*1) = 34, over 30.
    alpha = krippendorff_alpha([[1, 2, 3], [1, 2, 2]], "interval")
    assert alpha == pytest.approx(1 - (2 / 6) / (34 / 30))


def test_perfect_agreement_is_one() -> None:
    assert krippendorff_alpha([[0, 50, 100], [0, 50, 100]]) == 1


def test_opposite_ratings_are_worse_than_chance() -> None:
    alpha = krippendorff_alpha([[0, 100, 0, 100], [100, 0, 100, 0]])
    assert alpha is not None
    assert alpha < 0


@pytest.mark.parametrize(
    "undefined", [[], [[1, 2]], [[1, None], [None, 2]], [[7, 7], [7, 7]], [[None], [None]]]
)
def test_undefined_is_none_and_not_a_number(undefined: list[list[float | None]]) -> None:
    assert krippendorff_alpha(undefined) is None


def test_rows_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one entry"):
        krippendorff_alpha([[1, 2], [1]])


@given(units=ratings, metric=metrics, seed=st.randoms(use_true_random=False))
def test_order_of_raters_and_units_does_not_matter(
    units: Units, metric: Metric, seed: Random
) -> None:
    before = krippendorff_alpha(by_rater(units), metric)
    shuffled = [seed.sample(unit, len(unit)) for unit in units]
    seed.shuffle(shuffled)
    assert krippendorff_alpha(by_rater(shuffled), metric) == pytest.approx(before)


@given(units=ratings, scale=st.integers(1, 9), shift=st.integers(-50, 50))
def test_interval_alpha_keeps_under_a_change_of_scale(units: Units, scale: int, shift: int) -> None:
    moved = [[None if one is None else one * scale + shift for one in unit] for unit in units]
    before = krippendorff_alpha(by_rater(units))
    assert krippendorff_alpha(by_rater(moved)) == pytest.approx(before)


@given(units=ratings)
def test_ordinal_alpha_keeps_under_any_change_that_keeps_the_order(units: Units) -> None:
    bent = [[None if one is None else 2**one for one in unit] for unit in units]
    before = krippendorff_alpha(by_rater(units), "ordinal")
    assert krippendorff_alpha(by_rater(bent), "ordinal") == pytest.approx(before)


@given(units=ratings, metric=metrics)
def test_a_unit_with_one_rating_changes_nothing(units: Units, metric: Metric) -> None:
    alone = [5, *[None] * (len(units[0]) - 1)]
    before = krippendorff_alpha(by_rater(units), metric)
    assert krippendorff_alpha(by_rater([*units, alone]), metric) == before


@given(units=ratings, metric=metrics)
def test_never_above_one(units: Units, metric: Metric) -> None:
    alpha = krippendorff_alpha(by_rater(units), metric)
    assert alpha is None or alpha <= 1


@pytest.mark.parametrize("clusters", [1, 2, 15])
@pytest.mark.parametrize("parts", [1, 3])
def test_the_quick_interval_of_alpha_is_that_of_the_slow_one(clusters: int, parts: int) -> None:
    random = Random(clusters)  # noqa: S311 - chance that can be repeated
    pairs = {
        str(number): [(float(random.randrange(100)), random.randrange(100) / parts)] * 2
        + [(float(random.randrange(100)), 50.0)]
        for number in range(clusters)
    }
    slow = estimate(pairs, alpha_of_units, seed=1, draws=200)
    quick = pairs_alpha_estimate(pairs, seed=1, draws=200)
    assert slow is not None
    assert quick is not None
    assert (quick.value, quick.low, quick.high) == pytest.approx((slow.value, slow.low, slow.high))
    assert (quick.n, quick.clusters) == (slow.n, slow.clusters)


def test_alpha_of_pairs_is_not_defined_where_all_are_alike() -> None:
    assert pairs_alpha_estimate({"a": [(100 / 3, 100 / 3)] * 3, "b": []}, seed=1) is None
    assert pairs_alpha_estimate({}, seed=1) is None
