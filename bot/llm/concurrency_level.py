"""The number of calls that an endpoint takes well at once, found while it is used.

Additive increase, multiplicative decrease, as TCP finds the width of a line (RFC 5681): one more
after each round of answers in which every place was needed, a part less where the endpoint says
that it is too much: by HTTP 429, by no answer in time, or by answers that take ever longer.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

START: Final = 16
"""Calls at once at first: an endpoint that takes 64 is there after some hundred answers."""
FLOOR: Final = 2
"""One place for what people wait for, and one for scoring."""
REFUSED_LEAVES: Final = 0.5
"""What is left of the level after a 429, or a call that nothing answered in time."""
SLOWER_LEAVES: Final = 0.8
SLOWER: Final = 2.0
"""Times that answers take of late, of what the same questions took over a long time."""
_LATE: Final = 0.1
_LONG: Final = 0.02
"""Shares of a new answer in the two means: of some ten answers, and of some fifty."""
_FIRST_ANSWERS: Final = 10
"""Answers of a kind before its mean tells anything."""
_MOST_KINDS: Final = 100


class ConcurrencyLevel:
    """The calls at once that one endpoint gets, between ``floor`` and ``ceiling``."""

    def __init__(self, ceiling: int, *, is_fixed: bool = False) -> None:
        """Begin at `START`; a fixed level is the ceiling: the number of a server's slots."""
        self.ceiling = ceiling
        self._floor = ceiling if is_fixed else min(FLOOR, ceiling)
        self._level = float(max(self._floor, min(ceiling, START)))
        self._round = 0
        """Counts the decreases: a call that began before the last one tells nothing new."""
        self._lateness = 1.0
        self._usual: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """By kind of question: how many answers, and their mean seconds."""

    @property
    def places(self) -> int:
        """Return how many calls may be out at once."""
        return int(self._level)

    @property
    def round(self) -> int:
        """Return the mark of a call that begins now, to be handed back with what came of it."""
        return self._round

    def note_answer(self, kind: str, seconds: float, round_: int, *, is_needed: bool) -> None:
        """Note an answer; ``is_needed``: whether one place more would have been used."""
        self._note_time(kind, seconds)
        if self._lateness > SLOWER:
            self._lateness = 1.0
            self._decrease(SLOWER_LEAVES, round_)
        elif is_needed:
            self._level = min(self.ceiling, self._level + 1 / self._level)

    def note_refusal(self, round_: int) -> None:
        """Note that the endpoint asked for fewer calls, or did not answer in time."""
        self._decrease(REFUSED_LEAVES, round_)

    def _decrease(self, leaves: float, round_: int) -> None:
        if round_ == self._round:
            self._round += 1
            self._level = max(self._floor, self._level * leaves)

    def _note_time(self, kind: str, seconds: float) -> None:
        count, mean = self._usual.pop(kind, (0, seconds))
        share = max(_LONG, 1 / (count + 1))
        self._usual[kind] = (count + 1, mean + share * (seconds - mean))
        if len(self._usual) > _MOST_KINDS:
            self._usual.popitem(last=False)
        if count >= _FIRST_ANSWERS and mean > 0:
            self._lateness += _LATE * (seconds / mean - self._lateness)
