"""Whether a turn's words are still there, and what is said where they are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.domain import EvaluationState, Line, Turn, TurnState
from bot.rooms.evaluation.kept_words import explain_gone, has_words
from bot.storage.database.data_classes import SOMEONE
from bot.storage.stores.privacy.erased_words import GONE

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
KEPT = Turn(7, 5, TurnState.SENT, EvaluationState.SCORED, AT, (100,), draft="No.", reply="Yes!")
EMPTY = replace(KEPT, draft=None, reply=None)
SAID = Line(speaker="Ana", text="I passed!")
NOTHING = Line(speaker=SOMEONE, text=GONE)
OLD, DELETED = "older than this room keeps words", "deleted, as somebody had their words"


@pytest.mark.parametrize(
    ("turn", "asked", "said"),
    [
        (KEPT, SAID, ""),
        (replace(KEPT, state=TurnState.WITHHELD, reply=None), SAID, ""),
        (KEPT, Line(speaker="Ana", text=GONE), ""),  # her words, not ours
        (EMPTY, NOTHING, OLD),
        (replace(EMPTY, state=TurnState.WITHHELD), NOTHING, OLD),
        (replace(EMPTY, message_ids=(-7,)), NOTHING, DELETED),
        (EMPTY, SAID, DELETED),  # another's words in the same turn were forgotten
    ],
)
def test_it_is_said_what_became_of_words(turn: Turn, asked: Line, said: str) -> None:
    explained = explain_gone(turn, [asked])
    assert said in explained
    assert bool(said) is bool(explained)


@pytest.mark.parametrize(
    ("turn", "has"),
    [
        (KEPT, True),
        (EMPTY, False),
        (replace(EMPTY, state=TurnState.WITHHELD, withheld_because="a leak"), True),
        (replace(EMPTY, state=TurnState.WITHHELD), False),
        (replace(EMPTY, state=TurnState.WITHHELD, withheld_because=GONE), False),
        (replace(EMPTY, state=TurnState.HELPED), True),
    ],
)
def test_a_turn_has_words_as_long_as_any_are_kept(turn: Turn, has: bool) -> None:
    assert has_words(turn) is has
