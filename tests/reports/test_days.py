"""The share of replies that needed help, day by day, and its picture."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain import HARMS
from bot.reports.charts import MOST_TITLE, draw_days, drawable
from bot.reports.days import DayShare, say_share, share_by_day, total_of
from bot.storage.stores.turn_history import ScoredTurn

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


def turn(days: int, before: int, after: int | None) -> ScoredTurn:
    scores = {} if after is None else {**dict.fromkeys(HARMS, 0), "gaslighting": after}
    drafted = {**dict.fromkeys(HARMS, 0), "manipulative": before}
    at = NOON + timedelta(days=days)
    return ScoredTurn(1, 5, at, drafted, scores, frozenset())


def test_every_day_is_there_and_what_needed_help_is_counted() -> None:
    series = [turn(0, 30, 0), turn(0, 29, 29), turn(2, 80, 40), turn(2, 60, None)]
    days = share_by_day(series)
    assert [(day.day.day, day.replies, day.needed, day.still) for day in days] == [
        (21, 2, 1, 0),
        (22, 0, 0, 0),
        (23, 2, 2, 1),
    ]
    assert total_of(days) == DayShare(date(2026, 11, 23), 4, 3, 1)
    assert (days[0].needed_share, days[1].needed_share, days[2].still_share) == (0.5, 0.0, 0.5)
    assert share_by_day([]) == ()


def test_the_sentence_says_both_shares() -> None:
    assert say_share(DayShare(NOON.date(), 8, 4, 1)) == (
        "**50 %** of 8 replies needed help; after therapy **12 %** still did."
    )
    assert "of 1 reply needed" in say_share(DayShare(NOON.date(), 1, 0, 0))


@pytest.mark.parametrize("count", [1, 40])
def test_a_picture_is_drawn_of_one_day_and_of_many(count: int) -> None:
    days = share_by_day([turn(number, number % 100, 0) for number in range(count)])
    assert draw_days(days, "#lobby $x_$ 7 days").startswith(PNG)


def test_there_is_no_picture_of_nothing() -> None:
    with pytest.raises(ValueError, match="no days"):
        draw_days((), "#lobby")


@pytest.mark.parametrize("name", ["#💬-lobby", "#雑談", "#a\u0301 $1 {x}_^"])
def test_channels_of_any_name_have_a_title(name: str) -> None:
    assert "💬" not in drawable(name)
    assert "雑" not in drawable(name)
    assert drawable(name).replace(r"\$", "").count("$") == 0


def test_a_long_title_is_cut() -> None:
    assert len(drawable("#" + "long-name-" * 30)) <= MOST_TITLE
