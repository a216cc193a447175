"""How many replies needed help, a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class DayShare:
    """One day (UTC): the replies that were sent and scored, and how many of them needed help.

    A reply needed help if one of the harms of its draft is from `bot.domain.scores.CALM_BELOW`; it
    still does if one of its own is. A turn that was withheld is no reply: therapy mended nothing.
    """

    day: date
    replies: int
    needed: int
    still: int

    @property
    def needed_share(self) -> float:
        """Return the share of replies that needed help, 0-1."""
        return self.needed / self.replies if self.replies else 0.0

    @property
    def still_share(self) -> float:
        """Return the share of replies that did so after therapy too, 0-1."""
        return self.still / self.replies if self.replies else 0.0


@dataclass(frozen=True, slots=True)
class ScaleSum:
    """One scale over replies that have it before and after, by one Critic.

    ``before`` and ``after`` are sums of scores, ``squares`` of the squares of their differences.
    """

    scale: str
    method: str
    model: str
    turns: int
    before: int
    after: int
    squares: int


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """The scores of a time: day by day, oldest first, and scale by scale."""

    days: tuple[DayShare, ...]
    scales: tuple[ScaleSum, ...]

    @property
    def critics(self) -> tuple[tuple[str, str], ...]:
        """Return method and model of the Critics: scores of two are not to be compared."""
        return tuple(sorted({(one.method, one.model) for one in self.scales}))


def whole_days(days: int, until: datetime) -> datetime:
    """Return the midnight (UTC) with which so many days begin, of which ``until`` is in the last.

    Reports are of whole days, with today as far as it has come: a bar is then never of a day in
    part that looks like a quiet one, and what a busy day held need not be read row by row. With 0
    days it is the midnight after ``until``.
    """
    return datetime.combine(until.astimezone(UTC), time(), UTC) - timedelta(days=days - 1)
