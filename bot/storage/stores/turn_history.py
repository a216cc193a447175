"""The outcomes of a time's turns: for stop rules, status and the charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, ScalarSelect, Select, Table, and_, bindparam, exists, func, select

from bot.domain import HARMS, EvaluationState, Moderator, Subject, TurnState
from bot.domain.ratings import Rating
from bot.domain.scores import EMPATHETIC
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.member_tables import feedback
from bot.storage.database.moderation_tables import ratings
from bot.storage.database.tables import evaluations, rooms, scores, turns

MOST_TURNS: Final = 1000
"""Turns of a window: more make no picture, and the newest count."""
MOST_SAID_OF: Final = 200
"""Turns of a window that people said something of: with more, intervals take seconds to draw."""

_BEGINNING: Final = datetime(2015, 1, 1, tzinfo=UTC)
_EVALUATED: Final = turns.c.evaluation.in_((EvaluationState.SCORED, EvaluationState.FAILED))
_REPLY_BY_CRITIC: Final = and_(
    evaluations.c.turn_id == turns.c.id,
    evaluations.c.subject == Subject.REPLY,
    evaluations.c.rater == "critic",
)
WORST: Final[ScalarSelect[int]] = (
    select(func.max(scores.c.value))
    .join(evaluations, evaluations.c.id == scores.c.evaluation_id)
    .where(_REPLY_BY_CRITIC, scores.c.scale.in_(HARMS))
    .correlate(turns)
    .scalar_subquery()
)
"""The worst of the Critic's three scores of a turn's reply."""
_EMPATHETIC: Final = (
    select(func.max(evaluations.c.empathetic))
    .where(_REPLY_BY_CRITIC)
    .correlate(turns)
    .scalar_subquery()
)
_ENDED: Final = (
    select(
        *(turns.c.id, turns.c.state, turns.c.evaluation),
        *(WORST.label("worst"), _EMPATHETIC.label("empathetic")),
    )
    .where(
        turns.c.room_id == bindparam("room_id"),
        _EVALUATED,
        turns.c.created_at >= bindparam("since"),
    )
    # By time, as they are numbered, so that no turn before it is looked at.
    .order_by(turns.c.created_at.desc(), turns.c.id.desc())
    .limit(bindparam("most"))
)
_TROUBLES: Final = (
    select(turns.c.number, turns.c.changed_at, turns.c.withheld_because, turns.c.evaluation_failure)
    .where(turns.c.room_id == bindparam("room_id"))
    .order_by(turns.c.id.desc())
    .limit(bindparam("most"))
)
_LATENCIES: Final = (
    select(turns.c.created_at, turns.c.replied_at)
    .where(turns.c.room_id == bindparam("room_id"), turns.c.state == TurnState.SENT)
    .order_by(turns.c.id.desc())
    .limit(bindparam("most"))
)


_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
_IN_ROOMS: Final = turns.c.room_id.in_(bindparam("room_ids", expanding=True))
# Turns are numbered as they begin: what people said of them is looked through from there on.
_FIRST_OF_ROOM: Final = (
    select(turns.c.id)
    .where(
        turns.c.room_id == rooms.c.id,
        turns.c.created_at >= bindparam("since", type_=UtcDateTime),
    )
    .order_by(turns.c.created_at, turns.c.id)
    .limit(1)
    .correlate(rooms)
    .scalar_subquery()
)
_FIRST_SINCE: Final = select(func.min(_FIRST_OF_ROOM)).where(
    rooms.c.id.in_(bindparam("room_ids", expanding=True))
)


def _turns_in(opinions: Table) -> Select[tuple[int]]:
    """Return the question for a time's newest scored turns that are in a table of opinions.

    It goes from opinion to opinion: they are few, and a room's turns are many.
    """
    in_time = exists().where(
        turns.c.id == opinions.c.turn_id,
        _IN_ROOMS,
        turns.c.evaluation == EvaluationState.SCORED,
        turns.c.created_at >= bindparam("since", type_=UtcDateTime),
        turns.c.created_at < bindparam("until", type_=UtcDateTime),
    )
    return (
        select(opinions.c.turn_id)
        .where(opinions.c.turn_id >= bindparam("low"), in_time)
        .distinct()
        .order_by(opinions.c.turn_id.desc())
        .limit(bindparam("most"))
    )


_RATED: Final = _turns_in(ratings)
_SPOKEN_OF: Final = _turns_in(feedback)
_SCORES_OF: Final = (
    select(
        turns.c.id,
        turns.c.room_id,
        turns.c.created_at,
        evaluations.c.subject,
        evaluations.c.method,
        evaluations.c.model,
        evaluations.c.empathetic,
        scores.c.scale,
        scores.c.value,
    )
    .join(evaluations, evaluations.c.turn_id == turns.c.id)
    .join(scores, scores.c.evaluation_id == evaluations.c.id)
    .where(turns.c.id.in_(bindparam("turn_ids", expanding=True)), evaluations.c.rater == "critic")
    .order_by(turns.c.id, evaluations.c.id, scores.c.scale)
)
_RATINGS_OF: Final = (
    select(ratings)
    .where(ratings.c.turn_id.in_(bindparam("turn_ids", expanding=True)))
    .order_by(ratings.c.turn_id, ratings.c.person_id)
)


@dataclass(frozen=True, slots=True)
class EndedTurn:
    """A turn that has been evaluated; ``worst`` is the reply's worst harm, if it was scored."""

    turn_id: int
    withheld: bool
    worst: int | None
    empathetic: int | None = None
    """How empathetic the reply is, if that was measured."""
    failed: bool = False
    """Whether the Critic gave no scores; a fixed sentence has none to give."""


@dataclass(frozen=True, slots=True)
class LastError:
    """The latest trouble in a room, for moderators."""

    number: int
    """The reply's number in its room."""
    at: datetime | None
    what: str


@dataclass(frozen=True, slots=True)
class ScoredTurn:
    """A turn with the Critic's scores before and after, and people's ratings."""

    turn_id: int
    room_id: int
    at: datetime
    before: Mapping[str, int]
    after: Mapping[str, int]
    """Scale to 0-100, with `EMPATHETIC` where it was measured; empty for a text not scored."""
    critics: frozenset[tuple[str, str]]
    """The Critic's method, with its version, and model."""
    ratings: tuple[Rating, ...] = ()


class TurnHistory:
    """A look back at turns that have ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def latest_ended(
        self, room_id: int, most: int, since: datetime | None = None
    ) -> list[EndedTurn]:
        """Return the latest evaluated turns of a room that began after ``since``, newest first."""
        keys = {"room_id": room_id, "most": most, "since": since or _BEGINNING}
        async with self._database.read() as connection:
            rows = (await connection.execute(_ENDED, keys)).all()
        return [_ended(row) for row in rows]

    async def ended_between(
        self, room_id: int, since: datetime, until: datetime
    ) -> list[EndedTurn]:
        """Return a room's evaluated turns that began in that time, newest first."""
        query = _ENDED.where(turns.c.created_at < until)
        keys = {"room_id": room_id, "most": MOST_TURNS, "since": since}
        async with self._database.read() as connection:
            return [_ended(row) for row in await connection.execute(query, keys)]

    async def last_error(self, room_id: int, most: int = 50) -> LastError | None:
        """Return the latest withheld reply or failed evaluation among a room's latest turns."""
        async with self._database.read() as connection:
            rows = await connection.execute(_TROUBLES, {"room_id": room_id, "most": most})
            for row in rows:
                what = row.withheld_because or row.evaluation_failure
                if what:
                    return LastError(row.number, row.changed_at, what)
        return None

    async def latencies(self, room_id: int, most: int = 20) -> list[float]:
        """Return the seconds from claiming the messages to the reply, of the latest replies."""
        async with self._database.read() as connection:
            rows = await connection.execute(_LATENCIES, {"room_id": room_id, "most": most})
            return [(row.replied_at - row.created_at).total_seconds() for row in rows]

    async def said_of(
        self, room_ids: Sequence[int], since: datetime, until: datetime | None = None
    ) -> list[ScoredTurn]:
        """Return the scored turns of a time that people rated or members spoke of, oldest first.

        The newest, if they are many.
        """
        keys = {"room_ids": list(room_ids), "since": since, "until": until or _END}
        async with self._database.read() as connection:
            low = await connection.scalar(_FIRST_SINCE, keys)
            if low is None:
                return []
            of_span = {**keys, "low": low, "most": MOST_SAID_OF}
            found = {turn_id for query in (_RATED, _SPOKEN_OF)
                     for turn_id in await connection.scalars(query, of_span)}  # fmt: skip
            newest = {"turn_ids": sorted(found)[-MOST_SAID_OF:]}
            rows = (await connection.execute(_SCORES_OF, newest)).all()
            people: dict[int, list[Rating]] = {}
            for row in await connection.execute(_RATINGS_OF, newest):
                people.setdefault(row.turn_id, []).append(rating_of(row))
        rows_of: dict[int, list[Row[Any]]] = {}
        for row in rows:
            rows_of.setdefault(row.id, []).append(row)
        return [
            _scored(turn_rows, people.get(turn_id, [])) for turn_id, turn_rows in rows_of.items()
        ]


def _ended(row: Row[*tuple[Any, ...]]) -> EndedTurn:
    failed = row.evaluation is EvaluationState.FAILED
    return EndedTurn(
        row.id, row.state is TurnState.WITHHELD, row.worst, row.empathetic, failed=failed
    )


def rating_of(row: Row[Any]) -> Rating:
    """Return a rating from its row."""
    return Rating(
        turn_id=row.turn_id,
        by=Moderator(row.person_id, row.person_name),
        kind=row.kind,
        values=row.scores,
        why=row.why,
        at=row.at,
    )


def _scored(rows: Sequence[Row[Any]], people: Sequence[Rating]) -> ScoredTurn:
    first = rows[0]

    def of(subject: Subject) -> dict[str, int]:
        own = [row for row in rows if row.subject is subject]
        values = {row.scale: row.value for row in own}
        if own and own[0].empathetic is not None:
            values.setdefault(EMPATHETIC, own[0].empathetic)
        return values

    return ScoredTurn(
        turn_id=first.id,
        room_id=first.room_id,
        at=first.created_at,
        before=of(Subject.DRAFT),
        after=of(Subject.REPLY),
        critics=frozenset((row.method, row.model) for row in rows),
        ratings=tuple(people),
    )
