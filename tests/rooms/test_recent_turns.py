"""What is known of a turn without a look into the database, and when it is known no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain import Conversation, EvaluationState, Line, RoomSettings, TurnState
from bot.domain.turn_context import Transition, TurnContext, unstored_context
from bot.rooms import recent_turns
from bot.rooms.recent_turns import RecentTurns

ASKED = Conversation(asked=(Line(speaker="Ana", text="Hi"),))


def claimed(turn_id: int = 7) -> TurnContext:
    return unstored_context(ASKED, RoomSettings(), turn_id=turn_id)


def gone_on(context: TurnContext, state: TurnState) -> TurnContext:
    return replace(context, turn=replace(context.turn, state=state, version=1))


def test_a_turn_that_goes_straight_through_is_known_until_it_is_shown() -> None:
    recent, context = RecentTurns(), claimed()
    recent.begin(context, is_new=True)
    drafted = gone_on(context, TurnState.DRAFTED)
    recent.go_on(drafted, Transition(drafted.turn))
    assert recent.to_score(7) is None
    sent = replace(drafted.turn, state=TurnState.SENT, evaluation=EvaluationState.PENDING)
    recent.go_on(replace(drafted, turn=sent))
    assert recent.to_score(7) == sent
    recent.scored(replace(sent, evaluation=EvaluationState.SCORED), (), None)
    known = recent.get(7)
    assert known is not None
    assert known.scored is not None
    assert recent.to_score(7) is None
    recent.drop(7)
    assert recent.get(7) is None


@pytest.mark.parametrize(
    "step",
    [
        Transition(gone_on(claimed(), TurnState.WAITING).turn),
        Transition(gone_on(claimed(), TurnState.GATED).turn),
        Transition(gone_on(claimed(), TurnState.REVIEWED).turn, heard=(3,)),
    ],
)
def test_what_a_person_had_a_part_in_is_read(step: Transition) -> None:
    recent, context = RecentTurns(), claimed()
    recent.begin(context, is_new=True)
    recent.go_on(replace(context, turn=step.turn), step)
    assert recent.get(7) is None


def test_a_turn_that_is_taken_up_again_is_read() -> None:
    recent, context = RecentTurns(), claimed()
    recent.begin(context, is_new=True)
    recent.begin(gone_on(context, TurnState.CLAIMED), is_new=True)
    assert recent.get(7) is None
    recent.begin(context, is_new=False)
    assert recent.get(7) is None, "a process that is gone may have made calls for it"


def test_no_words_are_known_longer_than_they_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    recent = RecentTurns()
    recent.begin(claimed(), is_new=True)
    recent.forget_words()
    assert recent.get(7) is None
    monkeypatch.setattr(recent_turns, "KNOWN_SECONDS", 0.0)
    recent.begin(claimed(), is_new=True)
    assert recent.get(7) is None
    monkeypatch.undo()
    for turn_id in range(1, recent_turns.MOST + 2):
        recent.begin(claimed(turn_id), is_new=True)
    assert recent.get(1) is None
    assert recent.get(2) is not None
