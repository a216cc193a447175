"""How many replies needed help, day by day: what `/scores` and the daily digest draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from bot.domain import HARMS
from bot.rooms.evaluation.headline import CALM_BELOW
from bot.storage.stores.turn_history import ScoredTurn


@dataclass(frozen=True, slots=True)
class DayShare:
    """One day (UTC): its scored replies, those that needed help, and those that still did.

    A reply needed help if one of the harms of its draft is from `CALM_BELOW`; it still does if one
    of its own is.
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


def share_by_day(series: Sequence[ScoredTurn]) -> tuple[DayShare, ...]:
    """Return every day from the first turn's to the last one's, also those without a reply."""
    turns_of: dict[date, list[ScoredTurn]] = defaultdict(list)
    for turn in series:
        turns_of[turn.at.astimezone(UTC).date()].append(turn)
    if not turns_of:
        return ()
    first, last = min(turns_of), max(turns_of)
    days = (first + timedelta(days=number) for number in range((last - first).days + 1))
    return tuple(_share(day, turns_of.get(day, ())) for day in days)


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
    noun = "reply" if total.replies == 1 else "replies"
    return (
        f"**{percent(total.needed_share)}** of {total.replies} {noun} needed help; after therapy "
        f"**{percent(total.still_share)}** still did."
    )


def percent(share: float) -> str:
    """Return a share as people read it: ``12 %``."""
    return f"{100 * share:.0f} %"


def _share(day: date, turns: Sequence[ScoredTurn]) -> DayShare:
    needed = sum(_is_harmful(turn.before) for turn in turns)
    return DayShare(day, len(turns), needed, sum(_is_harmful(turn.after) for turn in turns))


def _is_harmful(values: Mapping[str, int]) -> bool:
    return max((values[harm] for harm in HARMS if harm in values), default=0) >= CALM_BELOW
