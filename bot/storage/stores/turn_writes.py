"""The parts of a step's transaction: a new turn, its scores, the messages of its reply."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam

from bot.domain import Evaluation, EvaluationState, Turn, TurnState, Utterance
from bot.storage.database.tables import messages, reply_posts
from bot.storage.stores.score_rows import drop_scores, put_evaluations
from bot.storage.stores.turn_rows import people_of, put_turn
from bot.storage.stores.utterances import put_utterance

UNANSWERED: Final = and_(messages.c.turn_id.is_(None), messages.c.set_aside_at.is_(None))
_CLAIM: Final = (
    messages.update()
    .where(
        messages.c.room_id == bindparam("of_room"),
        UNANSWERED,
        messages.c.id.in_(bindparam("message_ids", expanding=True)),
    )
    .values(turn_id=bindparam("as_turn"))
)
_INSERT_REPLY_POSTS: Final = reply_posts.insert()


def new_turn(
    connection: Connection, room_id: int, pending: Sequence[Row[*tuple[Any, ...]]]
) -> Turn:
    """Make a turn that claims what waits."""
    message_ids = tuple(row.id for row in pending)
    turn = Turn(
        id=0,
        room_id=room_id,
        state=TurnState.CLAIMED,
        evaluation=EvaluationState.NONE,
        created_at=datetime.now(UTC),
        message_ids=message_ids,
        people=people_of((row.author_id, row.limit_exempt) for row in pending),
    )
    turn = put_turn(connection, turn)
    claim = {"of_room": room_id, "message_ids": list(message_ids), "as_turn": turn.id}
    connection.execute(_CLAIM, claim)
    return turn


def put_scores(
    connection: Connection, turn: Turn, was: Turn, evaluations: Sequence[Evaluation]
) -> None:
    """Keep scores given on the way; those of a reply that is not the reply any more are dropped."""
    if was.reply is not None and turn.reply != was.reply:
        drop_scores(connection, turn.id)
    put_evaluations(connection, evaluations)


def put_said(connection: Connection, turn: Turn, was: Turn, utterance: Utterance | None) -> None:
    """Keep what was said in a step: the utterance, and the messages of a reply that is out."""
    if utterance is not None:
        put_utterance(connection, turn.id, utterance)
    rows = [
        {"message_id": message_id, "turn_id": turn.id, "part": part}
        for part, message_id in enumerate(turn.reply_message_ids)
        if message_id not in was.reply_message_ids
    ]
    if rows:
        connection.execute(_INSERT_REPLY_POSTS, rows if len(rows) > 1 else rows[0])
