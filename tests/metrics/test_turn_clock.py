"""The seconds of each room, from the events of a turn."""

from __future__ import annotations

import pytest

from bot.domain.events import (
    DraftWritten,
    HelpGiven,
    ReplyReady,
    ReplySent,
    Scored,
    TherapistSpoke,
    TurnBegan,
    TurnEvent,
    TurnHeld,
    TurnHelped,
    TurnWithheld,
)
from bot.metrics import turn_clock
from bot.metrics.turn_clock import TurnClock

Measured = list[tuple[str, float]]


class Turn:
    """A turn whose events come at the seconds that a test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.clock = TurnClock(lambda: self.now)

    def goes(self, *events: tuple[float, type[TurnEvent]], turn_id: int = 1) -> Measured:
        measured: Measured = []
        for self.now, kind in events:
            measured += self.clock.hear(kind(10, turn_id))
        return measured


def test_each_room_has_its_own_seconds() -> None:
    turn = Turn()
    measured = turn.goes((0, TurnBegan), (3, DraftWritten))
    measured += turn.clock.hear(TherapistSpoke(10, 1, 1))
    measured += turn.goes((10, ReplyReady), (11, ReplySent), (31, Scored))
    assert measured == [("therapy", 7), ("chat", 4), ("evaluation", 20)]


@pytest.mark.parametrize("stop", [TurnHeld, TurnHelped])
def test_a_turn_that_stopped_is_not_measured_on(stop: type[TurnEvent]) -> None:
    turn = Turn()
    assert turn.goes((0, TurnBegan), (3, DraftWritten), (4, stop)) == []
    assert turn.goes((900, TurnBegan), (905, ReplyReady), (906, ReplySent)) == []
    assert turn.goes((910, Scored)) == [("evaluation", 4)]


def test_a_withheld_turn_has_an_evaluation_alone() -> None:
    events = ((0, TurnBegan), (3, DraftWritten), (5, TurnWithheld), (6, Scored))
    assert Turn().goes(*events) == [("evaluation", 1)]


def test_what_began_before_the_clock_is_not_measured() -> None:
    turn = Turn()
    assert turn.goes((5, ReplySent), (6, Scored)) == []
    assert list(turn.clock.hear(HelpGiven(10, 1))) == []


def test_no_number_of_turns_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_clock, "MAX_TURNS", 2)
    turn = Turn()
    for turn_id in (1, 2, 3):
        turn.goes((0, TurnBegan), turn_id=turn_id)
    sent = ((2, ReplySent), (5, Scored))
    measured = [turn.goes(*sent, turn_id=turn_id) for turn_id in (1, 2, 3)]
    assert measured == [[], [("evaluation", 3)], [("evaluation", 3)]]
