"""Discord's clock, told by what comes in, where the host's is off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from discord.utils import time_snowflake

from bot.client.discord_clock import DiscordClock

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SAID = time_snowflake(NOW - timedelta(minutes=5))


@pytest.mark.parametrize("off", [timedelta(), timedelta(hours=1), timedelta(hours=-1)])
@pytest.mark.parametrize("told", ["by a message", "by a date"])
def test_ages_are_discords(off: timedelta, told: str) -> None:
    clock = DiscordClock(lambda: NOW + off)
    if told == "by a message":
        clock.note_live(time_snowflake(NOW))
    else:
        clock.note_date(format_datetime(NOW, usegmt=True))
    assert abs(clock.age(SAID) - timedelta(minutes=5)) < timedelta(seconds=2)


def test_a_message_tells_more_than_a_date() -> None:
    clock = DiscordClock(lambda: NOW)
    clock.note_live(time_snowflake(NOW))
    for date in (format_datetime(NOW - timedelta(hours=1), usegmt=True), "nonsense", None):
        clock.note_date(date)
    assert clock.age(SAID) < timedelta(minutes=6)


def test_what_comes_in_late_makes_nothing_younger() -> None:
    """After a connection that was away, what was said meanwhile comes in at once."""
    clock = DiscordClock(lambda: NOW)
    clock.note_live(time_snowflake(NOW))
    clock.note_live(time_snowflake(NOW - timedelta(minutes=10)))
    assert clock.age(SAID) > timedelta(minutes=4)
