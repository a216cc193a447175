"""The share of replies that needed help, day by day, and its picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.day_shares import DayShare
from bot.reports.charts import MOST_TITLE, draw_days, drawable
from bot.reports.days import every_day, say_share, total_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n"


def day(number: int, replies: int, needed: int = 0, still: int = 0) -> DayShare:
    return DayShare(NOON.date() + timedelta(days=number), replies, needed, still)


def test_every_day_is_there() -> None:
    days = every_day([day(0, 2, 1), day(2, 1, 1, 1)])
    assert days == (day(0, 2, 1), day(1, 0), day(2, 1, 1, 1))
    assert total_of(days) == day(2, 3, 2, 1)
    assert (days[0].needed_share, days[1].needed_share, days[2].still_share) == (0.5, 0.0, 1.0)
    assert every_day([]) == ()


def test_the_sentence_says_both_shares() -> None:
    assert say_share(DayShare(NOON.date(), 8, 4, 1)) == (
        "**50 %** of 8 replies needed help; after therapy **12 %** still did."
    )
    assert "of 1 reply needed" in say_share(DayShare(NOON.date(), 1, 0, 0))


@pytest.mark.parametrize("count", [1, 40])
def test_a_picture_is_drawn_of_one_day_and_of_many(count: int) -> None:
    days = [day(number, 4, number % 4) for number in range(count)]
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
