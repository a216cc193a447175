"""The daily sums of scores, changed in the transactions that score a turn or take its scores back.

A turn counts while it is sent and its evaluation is done. Who changes either, or the scores of
such a turn, takes it out of the sums before and puts it back after (`take_out`, `put_in`). What a
time has of a day in part is added up from the turns themselves, which are those of two days.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Connection, Row, RowMapping, bindparam, select

from bot.domain import HARMS, Evaluation, EvaluationState, Subject, Turn, TurnState
from bot.domain.day_shares import DayShare, ScaleSum, ScoreSums
from bot.domain.scores import CALM_BELOW, EMPATHETIC
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.sum_tables import reply_days, scale_days
from bot.storage.database.tables import evaluations, scores, turns
from bot.storage.database.upsert import add_to

_COUNTED: Final = (
    select(
        turns.c.id,
        turns.c.room_id,
        turns.c.created_at,
        evaluations.c.id.label("evaluation_id"),
        evaluations.c.subject,
        evaluations.c.method,
        evaluations.c.model,
        evaluations.c.empathetic,
        scores.c.scale,
        scores.c.value,
    )
    .join(evaluations, evaluations.c.turn_id == turns.c.id)
    .join(scores, scores.c.evaluation_id == evaluations.c.id)
    .where(
        turns.c.state == TurnState.SENT,
        turns.c.evaluation == EvaluationState.SCORED,
        evaluations.c.rater == "critic",
    )
)
_ONE: Final = _COUNTED.where(turns.c.id == bindparam("turn_id"))
_BETWEEN: Final = _COUNTED.where(
    turns.c.room_id.in_(bindparam("room_ids", expanding=True)),
    turns.c.created_at >= bindparam("since", type_=UtcDateTime),
    turns.c.created_at < bindparam("until", type_=UtcDateTime),
)
_REPLIES: Final = select(reply_days).where(
    reply_days.c.room_id.in_(bindparam("room_ids", expanding=True)),
    reply_days.c.day >= bindparam("first"),
    reply_days.c.day < bindparam("end"),
)
_SCALES: Final = select(scale_days).where(
    scale_days.c.room_id.in_(bindparam("room_ids", expanding=True)),
    scale_days.c.day >= bindparam("first"),
    scale_days.c.day < bindparam("end"),
)
_DAY: Final = timedelta(days=1)


class ScoreSumStore:
    """The look at the sums."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self, room_ids: Sequence[int], since: datetime, until: datetime | None = None
    ) -> ScoreSums:
        """Return the scores of the turns that began in that time; None: until now."""
        until = until or _midnight_before(datetime.now(UTC)) + _DAY
        first, end = _midnight_after(since), _midnight_before(until)

        def read(connection: Connection) -> ScoreSums:
            replies: list[DayShare] = []
            scales: list[ScaleSum] = []
            for begin, over in _parts(since, until, first, end):
                keys = {"room_ids": list(room_ids), "since": begin, "until": over}
                for turn in _turns(connection.execute(_BETWEEN, keys).all()):
                    replies.append(turn.share)
                    scales.extend(turn.scales)
            whole = {"room_ids": list(room_ids), "first": first.date(), "end": end.date()}
            replies += [
                DayShare(row.day, row.replies, row.needed, row.still)
                for row in connection.execute(_REPLIES, whole)
            ]
            scales += map(_scale_of, connection.execute(_SCALES, whole).mappings())
            return ScoreSums(_by_day(replies), _by_scale(scales))

        return await self._database.fetch(read)


def put_in(connection: Connection, turn: Turn, given: Sequence[Evaluation] = ()) -> None:
    """Count a turn, if it counts, as it now stands in the transaction.

    ``given`` are evaluations just written: where both texts are among them, nothing is read.
    """
    if turn.state is not TurnState.SENT or turn.evaluation is not EvaluationState.SCORED:
        return
    scored = {one.subject: one for one in given if one.rater == "critic"}
    if len(scored) < len(Subject):
        _add(connection, _turns(connection.execute(_ONE, {"turn_id": turn.id}).all()), 1)
        return
    before, after = scored[Subject.DRAFT].scores, scored[Subject.REPLY].scores
    by = after.method, scored[Subject.REPLY].model
    counted = _CountedTurn(turn.room_id, _day(turn.created_at), before.shown, after.shown, *by)
    _add(connection, [counted], 1)


def take_out(connection: Connection, turn: Turn) -> None:
    """Take a turn that is about to change out of the sums, if it counts."""
    if turn.evaluation is EvaluationState.SCORED:
        _add(connection, _turns(connection.execute(_ONE, {"turn_id": turn.id}).all()), -1)


@dataclass(frozen=True, slots=True)
class _CountedTurn:
    """A reply that counts, with the scores of its draft and its own; by whom those are."""

    room_id: int
    day: date
    before: Mapping[str, int]
    after: Mapping[str, int]
    method: str
    model: str

    @property
    def share(self) -> DayShare:
        """Return what it adds to its day."""
        return DayShare(self.day, 1, int(_needs_help(self.before)), int(_needs_help(self.after)))

    @property
    def scales(self) -> list[ScaleSum]:
        """Return what it adds to each scale that both texts have."""
        return [
            ScaleSum(
                scale=scale,
                method=self.method,
                model=self.model,
                turns=1,
                before=before,
                after=self.after[scale],
                squares=(self.after[scale] - before) ** 2,
            )
            for scale, before in self.before.items()
            if scale in self.after
        ]


def _add(connection: Connection, counted: Sequence[_CountedTurn], times: int) -> None:
    dialect = connection.dialect.name
    for turn in counted:
        key, share = {"room_id": turn.room_id, "day": turn.day}, turn.share
        figures = {"replies": share.replies, "needed": share.needed, "still": share.still}
        connection.execute(add_to(reply_days, dialect), key | _times(figures, times))
        rows = [
            {**key, "scale": one.scale, "method": one.method, "model": one.model}
            | _times({name: getattr(one, name) for name in _FIGURES}, times)
            for one in turn.scales
        ]
        if rows:
            connection.execute(add_to(scale_days, dialect), rows)


_FIGURES: Final = ("turns", "before", "after", "squares")


def _times(figures: Mapping[str, int], times: int) -> dict[str, int]:
    return {name: value * times for name, value in figures.items()}


def _turns(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[_CountedTurn]:
    """Return the turns of these rows, one a scale, that are replies with scores."""
    found = []
    # Ordered here: the database would read a room's whole history in the order of its ids.
    in_order = sorted(rows, key=lambda row: (row.id, row.evaluation_id))
    for _, of_turn in groupby(in_order, lambda row: row.id):
        own = list(of_turn)
        by = next((row for row in reversed(own) if row.subject is Subject.REPLY), None)
        if by is not None:
            texts = _values(own, Subject.DRAFT), _values(own, Subject.REPLY)
            day = _day(by.created_at)
            found.append(_CountedTurn(by.room_id, day, *texts, by.method, by.model))
    return found


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _values(rows: Sequence[Row[*tuple[Any, ...]]], subject: Subject) -> dict[str, int]:
    """Return the scores of a text, the latest of each scale."""
    own = [row for row in rows if row.subject is subject]
    values = {row.scale: row.value for row in own}
    if own and own[-1].empathetic is not None:
        values.setdefault(EMPATHETIC, own[-1].empathetic)
    return values


def _needs_help(values: Mapping[str, int]) -> bool:
    return max((values[harm] for harm in HARMS if harm in values), default=0) >= CALM_BELOW


def _scale_of(row: RowMapping) -> ScaleSum:
    return ScaleSum(**{field.name: row[field.name] for field in fields(ScaleSum)})


def _by_day(shares: Iterable[DayShare]) -> tuple[DayShare, ...]:
    sums: dict[date, Counter[str]] = {}
    for one in shares:
        of_day = sums.setdefault(one.day, Counter())
        of_day.update(replies=one.replies, needed=one.needed, still=one.still)
    return tuple(
        DayShare(day, of_day["replies"], of_day["needed"], of_day["still"])
        for day, of_day in sorted(sums.items())
        if of_day["replies"]
    )


def _by_scale(scales: Iterable[ScaleSum]) -> tuple[ScaleSum, ...]:
    sums: dict[tuple[str, str, str], list[int]] = {}
    for one in scales:
        scale, method, model, *figures = astuple(one)
        so_far = sums.setdefault((scale, method, model), [0] * len(figures))
        sums[scale, method, model] = [a + b for a, b in zip(so_far, figures, strict=True)]
    return tuple(ScaleSum(*key, *figures) for key, figures in sorted(sums.items()) if figures[0])


def _midnight_before(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC), time(), UTC)


def _midnight_after(moment: datetime) -> datetime:
    midnight = _midnight_before(moment)
    return midnight if midnight == moment else midnight + _DAY


def _parts(
    since: datetime, until: datetime, first: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """Return the parts of a time that are no whole days."""
    if first > end:  # within one day
        return [(since, until)]
    return [(a, b) for a, b in ((since, first), (end, until)) if a < b]
