"""How many replies needed help, day by day: what `/scores` and the daily digest draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.day_shares import DayShare
from bot.text.moderator_texts import say_count, say_number


def every_day(days: Sequence[DayShare]) -> tuple[DayShare, ...]:
    """Return every day from the first to the last of these, also those without a reply."""
    if not days:
        return ()
    known = {day.day: day for day in days}
    first, last = min(known), max(known)
    whole = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(known.get(day, DayShare(day, 0, 0, 0)) for day in whole)


def total_of(days: Sequence[DayShare]) -> DayShare:
    """Return all days as one, by the name of the last. There has to be one."""
    return DayShare(
        days[-1].day,
        sum(day.replies for day in days),
        sum(day.needed for day in days),
        sum(day.still for day in days),
    )


def say_share(total: DayShare) -> str:
    """Return the sentence that goes with the picture."""
    return say_count(
        "**{needed}** of {count} reply needed help; after therapy **{still}** still did.",
        "**{needed}** of {count} replies needed help; after therapy **{still}** still did.",
        total.replies,
        needed=percent(total.needed_share),
        still=percent(total.still_share),
    )


def percent(share: float) -> str:
    """Return a share as people read it: ``12 %``."""
    return f"{say_number(100 * share)} %"
