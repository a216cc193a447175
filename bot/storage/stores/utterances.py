"""The utterances in the Therapy Room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from bot.domain import Reflection, Review, Utterance
from bot.domain.base import STORED
from bot.storage.database.tables import utterances

_INSERT: Final = utterances.insert()
_OF_TURN: Final = (
    select(utterances)
    .where(utterances.c.turn_id == bindparam("turn_id"))
    .order_by(utterances.c.number)
)


def put_utterance(connection: Connection, turn_id: int, utterance: Utterance) -> None:
    """Keep an utterance of a turn, within the transaction of its step."""
    review, reflection = utterance.review, utterance.reflection
    values = {
        "turn_id": turn_id,
        "number": utterance.number,
        "round": utterance.round,
        "speaker": utterance.speaker,
        "text": utterance.text,
        "review": review and review.model_dump_json(context=STORED),
        "reflection": reflection and reflection.model_dump_json(context=STORED),
        "at": datetime.now(UTC),
    }
    connection.execute(_INSERT, values)


def utterances_of(connection: Connection, turn_id: int) -> tuple[Utterance, ...]:
    """Return a turn's utterances, in order."""
    rows = connection.execute(_OF_TURN, {"turn_id": turn_id})
    return tuple(_utterance(row) for row in rows)


def _utterance(row: Row[Any]) -> Utterance:
    return Utterance(
        number=row.number,
        round=row.round,
        speaker=row.speaker,
        text=row.text,
        review=Review.model_validate_json(row.review, context=STORED) if row.review else None,
        reflection=Reflection.model_validate_json(row.reflection, context=STORED)
        if row.reflection
        else None,
    )
