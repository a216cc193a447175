"""With which midnight the days of a report begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.domain.day_shares import whole_days

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WESTERN = timezone(timedelta(hours=-8))


@pytest.mark.parametrize(
    ("days", "until", "first"),
    [
        (7, NOON, datetime(2026, 3, 4, tzinfo=UTC)),
        (1, NOON, datetime(2026, 3, 10, tzinfo=UTC)),
        (0, NOON, datetime(2026, 3, 11, tzinfo=UTC)),
        (1, datetime(2026, 3, 9, 17, tzinfo=WESTERN), datetime(2026, 3, 10, tzinfo=UTC)),
    ],
)
def test_so_many_days_are_that_many_with_today_as_the_last(
    days: int, until: datetime, first: datetime
) -> None:
    assert whole_days(days, until) == first
