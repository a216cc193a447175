"""The seconds that turns spend in each room, measured between the events of the engine."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from bot.domain.events import (
    DraftWritten,
    Event,
    ReplyReady,
    ReplySent,
    Scored,
    TurnBegan,
    TurnEvent,
    TurnHeld,
    TurnHelped,
    TurnWithheld,
)

CHAT: Final = "chat"
THERAPY: Final = "therapy"
EVALUATION: Final = "evaluation"

MAX_TURNS: Final = 10_000
"""Turns that are measured at one time; of more, the oldest are not measured."""


@dataclass(slots=True)
class _Times:
    """When a turn reached its stages, in monotonic seconds, as far as it did without a stop."""

    began: float
    drafted: float | None = None
    ready: float | None = None
    ended: float | None = None


class TurnClock:
    """The clock of the running turns.

    A turn that stops, for a pause or a person, is not measured on: it would tell how long they
    took. The Chat Room's part is the draft, and the way of the ready reply into the channel.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._turns: OrderedDict[int, _Times] = OrderedDict()

    def hear(self, event: Event) -> Iterator[tuple[str, float]]:
        """Yield each room that a turn has now left, with the seconds that it was there."""
        if isinstance(event, TurnBegan):
            self._turns[event.turn_id] = _Times(self._now())
            if len(self._turns) > MAX_TURNS:
                self._turns.popitem(last=False)
        elif isinstance(event, TurnEvent) and (times := self._turns.get(event.turn_id)):
            yield from self._follow(event, times)

    def _follow(self, event: TurnEvent, times: _Times) -> Iterator[tuple[str, float]]:
        now = self._now()
        match event:
            case DraftWritten():
                times.drafted = now
            case ReplyReady() if times.drafted is not None:
                times.ready = now
                yield THERAPY, now - times.drafted
            case ReplySent() if times.drafted is not None and times.ready is not None:
                times.ended = now
                yield CHAT, (times.drafted - times.began) + (now - times.ready)
            case ReplySent() | TurnWithheld():
                times.ended = now
            case Scored():
                del self._turns[event.turn_id]
                if times.ended is not None:
                    yield EVALUATION, now - times.ended
            case TurnHeld() | TurnHelped():
                del self._turns[event.turn_id]
            case _:
                pass
