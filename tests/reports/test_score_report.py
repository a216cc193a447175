"""Scores over time, and the agreement of the Critic with people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from bot.domain import HARMS, Moderator
from bot.domain.day_shares import DayShare, ScaleSum
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.ratings import Rating, RatingKind
from bot.reports.critic_trust import SHIPPED, Trust, keep_trust, render_trust, trust_of
from bot.reports.days import total_of
from bot.reports.score_report import FEWEST_RATED, report_on
from bot.reports.scores_answer import read_scores
from bot.reports.text_tables import format_estimate, format_number, format_percent
from bot.stats.agreement import alpha_of_units, krippendorff_alpha
from bot.stats.intervals import Estimate
from bot.stats.sums import mean_of_sums, student_t
from bot.storage.stores.turn_history import ScoredTurn
from bot.text.moderator_texts import reading
from tests.world import HARM, LOBBY, MAX, World

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def turn(
    number: int, after: int, *ratings: RatingKind | int, before: int = 60, **more: int
) -> ScoredTurn:
    """A turn with its scores; a rating is a kind, or a number that a person gave instead."""
    given = tuple(
        Rating(
            number,
            Moderator(person, "x"),
            RatingKind.RESCORE if isinstance(one, int) else one,
            dict.fromkeys(HARMS, one) if isinstance(one, int) else None,
            "",
            NOW,
        )
        for person, one in enumerate(ratings)
    )
    return ScoredTurn(
        number,
        LOBBY,
        NOW,
        {**dict.fromkeys(HARMS, before), **more},
        {**dict.fromkeys(HARMS, after), **more},
        frozenset({("yes/no 1", "m")}),
        given,
    )


def said(number: int, *kinds: FeedbackKind) -> list[Feedback]:
    return [Feedback(number, Moderator(by, "x"), kind, "", NOW) for by, kind in enumerate(kinds)]


def test_the_critic_is_measured_by_what_members_say_of_replies() -> None:
    helped, hurt = FeedbackKind.HELPED, FeedbackKind.HURT
    series = [turn(number, after=10 * number) for number in range(1, 11)]
    feedback = {n: said(n, hurt if n > 5 else helped) for n in range(1, 11)}
    feedback[5] = said(5, helped, hurt, helped)
    measured = report_on((), series, feedback).members
    assert (measured.helped, measured.hurt, measured.auroc) == (5, 5, 1.0)
    assert "100 % of the time" in measured.sentence
    feedback[5] = said(5, helped, hurt)
    few = report_on((), series, feedback).members
    assert (few.helped, few.hurt, few.auroc) == (4, 6, None)
    assert "5 of each are needed" in few.sentence
    assert report_on((), series).members.sentence == ""


def test_an_interval_of_two_replies_is_no_wider_than_a_score_can_change() -> None:
    two = ScaleSum("narcissistic", "written 1", "m", turns=2, before=70, after=16, squares=54**2)
    (row,) = report_on((two,)).rows
    assert row.difference is not None
    assert (row.difference.value, row.difference.low, row.difference.high) == (-27, -100, 100)


def test_the_closed_form_is_krippendorffs_alpha() -> None:
    random = Random(1)  # noqa: S311
    for _ in range(20):
        pairs = [(random.randint(0, 100), random.randint(0, 100)) for _ in range(12)]
        rows = [[float(one) for one, _ in pairs], [float(other) for _, other in pairs]]
        expected = krippendorff_alpha(rows, "interval")
        assert alpha_of_units([(float(a), float(b)) for a, b in pairs]) == pytest.approx(expected)
    assert alpha_of_units([]) is None
    assert alpha_of_units([(5.0, 5.0), (5.0, 5.0)]) is None


def test_perfect_agreement_is_one_and_no_difference() -> None:
    report = report_on((), [turn(n, n * 5, RatingKind.AGREE) for n in range(12)])
    found = report.agreement
    assert found.alpha is not None
    assert found.difference is not None
    assert found.alpha.value == 1
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)


def test_a_critic_that_is_too_harsh_shows_as_a_positive_difference() -> None:
    report = report_on((), [turn(n, 50 + n, RatingKind.TOO_HARSH, 25 + n) for n in range(12)])
    assert report.agreement.difference is not None
    assert report.agreement.difference.value == pytest.approx(25)
    assert report.agreement.with_numbers == 12
    assert "the Critic is harsher by 25 points" in report.agreement.sentence
    assert "Critic less people +25.0 [25.0, 25.0] points" in report.agreement.figures


def test_too_few_ratings_are_said_to_be_too_few() -> None:
    few = [turn(n, n, RatingKind.AGREE) for n in range(FEWEST_RATED - 1)]
    found = report_on((), few).agreement
    assert (found.alpha, found.difference, found.enough) == (None, None, False)
    assert found.sentence.startswith("Too few ratings")
    assert "9 ratings of 9 replies" in found.sentence
    assert report_on((), [*few, turn(99, 5, RatingKind.AGREE)]).agreement.enough


def scale(name: str, turns: int, before: int, after: int, method: str = "yes/no 1") -> ScaleSum:
    """A scale of so many turns, each with the same scores."""
    squares = turns * (after - before) ** 2
    return ScaleSum(name, method, "m", turns, turns * before, turns * after, squares)


def test_the_table_has_a_row_a_scale_and_the_harms_come_first() -> None:
    others = [scale("warmth", 4, 50, 50), scale("empathetic", 1, 70, 70)]
    of_two = [scale(HARMS[0], 3, 60, 20), scale(HARMS[0], 1, 60, 24, "written 1")]
    report = report_on([*others, *of_two, *(scale(harm, 4, 60, 20) for harm in HARMS[1:])])
    assert report.scales == (*HARMS, "empathetic", "warmth")
    assert [row.turns for row in report.rows] == [4, 4, 4, 1, 4]
    head, first, *_ = report.table().splitlines()
    assert "before after" in head
    assert first.split()[:4] == ["manipulative", "4", "60.0", "21.0"]
    assert report_on([]).table() == "no scores"


def test_a_mean_from_sums_has_the_interval_of_students_t() -> None:
    values = [3.0, -1.0, 4.0, 1.0, 5.0]
    found = mean_of_sums(5, sum(values), sum(value**2 for value in values))
    assert found is not None
    assert (found.value, found.n) == (2.4, 5)
    assert found.low == pytest.approx(-0.589, abs=0.01)
    assert [round(student_t(n), 2) for n in (1, 2, 4, 30)] == [12.71, 4.30, 2.77, 2.04]
    assert mean_of_sums(0, 0, 0) is None


async def test_the_scores_are_read_for_rooms_and_a_time(tmp_path: Path) -> None:
    world = await World(tmp_path, rooms=(LOBBY, 11)).open()
    world.script.reviews.append(HARM)
    await world.say("cats", LOBBY)
    await world.settle()
    await world.say("dogs", 11)
    await world.settle()
    await world.control.ratings.rate(1, MAX, RatingKind.AGREE)
    now = datetime.now(UTC)
    record = await read_scores(world.stores, [LOBBY], now - timedelta(days=1))
    (only,) = record.said_of
    assert (only.turn_id, only.before["gaslighting"], only.after["gaslighting"]) == (1, 40, 0)
    assert [one.kind for one in only.ratings] == [RatingKind.AGREE]
    assert record.sums.critics == (("scripted", "scripted"),)
    assert total_of(record.sums.days) == DayShare(now.date(), 1, 1, 0)
    both = await read_scores(world.stores, [LOBBY, 11], now - timedelta(days=1))
    assert total_of(both.sums.days).replies == 2
    assert not (await read_scores(world.stores, [LOBBY], now)).sums.days
    await world.close()


async def test_figures_that_came_with_the_prompts_count_until_it_is_measured_here(
    tmp_path: Path,
) -> None:
    world = await World(tmp_path).open()
    store = world.stores.critic_trust
    (shipped, *_) = map(Trust.model_validate_json, SHIPPED.read_text("utf-8").splitlines())
    assert await trust_of(store, shipped.method, shipped.model) == shipped
    assert await trust_of(store, shipped.method, "another") is None
    here = shipped.model_copy(update={"n": 40, "auroc": 0.5})
    await keep_trust(store, here)
    assert await trust_of(store, shipped.method, shipped.model) == here
    await world.close()


async def test_trust_is_of_one_method_and_model(tmp_path: Path) -> None:
    world = await World(tmp_path).open()
    store = world.stores.critic_trust
    assert render_trust(await trust_of(store, "yes/no 1", "m")) == "not tested"
    trust = Trust(
        method="yes/no 1",
        model="m",
        n=240,
        auroc=0.934,
        recall=0.88,
        false_alarms=0.041,
        date=NOW.date(),
    )
    await keep_trust(store, trust)
    shown = render_trust(await trust_of(store, "yes/no 1", "m"))
    assert shown == "AUROC 0.93, finds 88 %, false alarms 4 % (n 240, 2026-11-21)"
    assert await trust_of(store, "yes/no 2", "m") is None
    await world.close()


def test_figures_are_written_as_the_reader_does() -> None:
    figures = Estimate(3.25, -1.5, 1234.5, 9, 9)
    assert format_estimate(figures, 2, sign="+") == "+3.25 [-1.50, 1,234.50]"
    assert format_percent(Estimate(0.125, 0.05, 0.2, 9, 9)) == "12 % [5, 20]"
    with reading("de"):
        assert format_estimate(figures, 2, sign="+") == "+3,25 [-1,50; 1.234,50]"
        assert format_number(2.5) == "2,5"
    assert format_number(None) == "-"
