"""Quiet hours in a server's time zone, and the words of an alert rule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from bot.domain import RoomSettings
from bot.domain.calls import CallCause, find_word

SUMMER = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "zone", "utc_hour", "quiet"),
    [
        ("22:00-07:00", "UTC", 23, True),
        ("22:00-07:00", "UTC", 6, True),
        ("22:00-07:00", "UTC", 7, False),
        ("22:00-07:00", "Europe/Berlin", 20, True),  # there it is 22:00 in summer
        ("22:00-07:00", "Europe/Berlin", 19, False),
        ("9-17", "America/New_York", 14, True),
        ("9-17", "America/New_York", 12, False),
        ("", "UTC", 3, False),
    ],
)
def test_quiet_hours_are_those_of_the_servers_clock(
    hours: str, zone: str, utc_hour: int, quiet: bool
) -> None:
    settings = RoomSettings(quiet_hours=hours, time_zone=zone)
    assert settings.is_quiet(SUMMER.replace(hour=utc_hour)) is quiet


@pytest.mark.parametrize(
    "wrong", [{"quiet_hours": "at night"}, {"quiet_hours": "22:00"}, {"time_zone": "Atlantis"}]
)
def test_what_is_no_time_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        RoomSettings.model_validate(wrong)


def test_nothing_is_called_for_without_a_role() -> None:
    assert not RoomSettings().calls_for(CallCause.HELD)
    some = RoomSettings(call_role_id=5, call_for=(CallCause.STOP,))
    assert [cause for cause in CallCause if some.calls_for(cause)] == [CallCause.STOP]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Let us RAID them", "raid"),
        ("a   hate\nspeech", "hate speech"),
        ("afraid of spiders", None),
        ("", None),
    ],
)
def test_a_word_of_a_rule_is_found_whole_and_in_any_case(text: str, found: str | None) -> None:
    assert find_word("raid, hate speech", [text]) == found
