"""The rows of an evaluation, read and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam

from bot.domain import Evaluation, Scores, Subject
from bot.storage.database.tables import evaluations, scores

# Rows come back in any order: of one turn no two are of the same text by the same rater.
_INSERT: Final = evaluations.insert().returning(
    evaluations.c.id, evaluations.c.subject, evaluations.c.rater
)
_INSERT_SCORES: Final = scores.insert()
_DROP: Final = evaluations.delete().where(
    evaluations.c.turn_id == bindparam("of_turn"), evaluations.c.subject == Subject.REPLY
)


def put_evaluations(connection: Connection, given: Sequence[Evaluation]) -> None:
    """Keep evaluations, within a transaction that writes other things too."""
    if not given:
        return
    put = connection.execute(_INSERT, [_values(evaluation) for evaluation in given])
    ids = {(row.subject, row.rater): row.id for row in put}
    rows = [
        {
            "evaluation_id": ids[evaluation.subject, evaluation.rater],
            "scale": scale,
            "value": value,
            "spread": evaluation.scores.spread.get(scale),
        }
        for evaluation in given
        for scale, value in evaluation.scores.values.items()
    ]
    if rows:
        connection.execute(_INSERT_SCORES, rows)


def _values(evaluation: Evaluation) -> dict[str, object]:
    scored = evaluation.scores
    return {
        "turn_id": evaluation.turn_id,
        "subject": evaluation.subject,
        "rater": evaluation.rater,
        "reason": scored.reason,
        "method": scored.method,
        "model": evaluation.model,
        "prompt_version": evaluation.prompt_version,
        "at": evaluation.at,
        "empathetic": scored.empathetic,
    }


def drop_scores(connection: Connection, turn_id: int) -> None:
    """Forget the scores of a reply that is not the reply any more."""
    connection.execute(_DROP, {"of_turn": turn_id})


def evaluation_of(rows: Sequence[Row[Any]]) -> Evaluation:
    """Return one evaluation from its rows, one a scale."""
    first = rows[0]
    scales = [row for row in rows if row.scale is not None]
    return Evaluation(
        turn_id=first.turn_id,
        subject=first.subject,
        rater=first.rater,
        scores=Scores(
            values={row.scale: row.value for row in scales},
            reason=first.reason,
            method=first.method,
            spread={row.scale: row.spread for row in scales if row.spread is not None},
            empathetic=first.empathetic,
        ),
        model=first.model,
        prompt_version=first.prompt_version,
        at=first.at,
    )
