"""What was used in a day, by whom: counted before a call, corrected after it.

A call is counted in the transaction that looks at the limits, in rows that are locked, so that
calls side by side, in several processes too, cannot pass one together. What a crash leaves behind
is counted as it was estimated, since nobody can tell whether it was billed: there is nothing to
clean up at a start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Row,
    Select,
    UpdateBase,
    and_,
    bindparam,
    delete,
    or_,
    select,
)

from bot.domain import NewPost
from bot.domain.limits import NOTHING, Amount, Charge, Measure, SetAsideReason, Subject
from bot.errors import FourRoomsError
from bot.storage.database.database import Database
from bot.storage.database.tables import messages
from bot.storage.database.upsert import insert_if_missing
from bot.storage.database.usage_tables import limit_notices, limit_texts, usage_days
from bot.storage.stores.outbox import put_posts

_FIGURES: Final = (usage_days.c.calls, usage_days.c.tokens, usage_days.c.cost)
_KEY: Final = (usage_days.c.scope, usage_days.c.subject_id, usage_days.c.guild_id)
_FORGET: Final = tuple(
    delete(table).where(table.c.day < bindparam("before"))
    for table in (usage_days, limit_notices, limit_texts)
)
_SET_ASIDE: Final = (
    messages.update()
    .where(
        messages.c.id.in_(bindparam("message_ids", expanding=True)),
        messages.c.turn_id.is_(None),
        messages.c.set_aside_at.is_(None),
    )
    .values(set_aside_at=bindparam("at"), set_aside_reason=bindparam("reason"))
)


@dataclass(frozen=True, slots=True)
class _Statements:
    """What is asked of the rows of some subjects: made once, since each call asks twice."""

    used: Select[Any]
    lock: Select[Any]
    count: UpdateBase


@lru_cache(maxsize=64)
def _statements(subjects: int) -> _Statements:
    """Return the statements for so many subjects, each found by the primary key."""
    # A row value in a list of rows would read better, and be looked for through the whole day.
    each = (
        and_(*(column == bindparam(f"{column.name}_{number}") for column in _KEY))
        for number in range(subjects)
    )
    of_them = and_(usage_days.c.day == bindparam("of_day"), or_(*each))
    used = select(*_KEY, *_FIGURES).where(of_them)
    more = {column.name: column + bindparam(f"more_{column.name}") for column in _FIGURES}
    count = usage_days.update().where(of_them).values(more).returning(*_KEY, *_FIGURES)
    return _Statements(
        used=used,
        # In one order, so that two processes cannot wait for each other.
        lock=used.order_by(*_KEY).with_for_update(),
        count=count,
    )


class LimitPassed(FourRoomsError):
    """The error of a call that does not fit: nothing is counted for anybody."""

    def __init__(self, charge: Charge, measure: Measure) -> None:
        super().__init__(f"the limit of {charge.subject.scope.value}, {measure.value}, is used up")
        self.charge = charge
        self.measure = measure


@dataclass(frozen=True, slots=True)
class LimitText:
    """The sentence that a person reads once a day, and the post that brings it."""

    person_id: int
    post: NewPost


class UsageLimitStore:
    """The account of each day."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, day: date, charges: Sequence[Charge], amount: Amount
    ) -> Mapping[Subject, Amount]:
        """Count ``amount`` for each of ``charges``, and return what each has used then.

        All or nothing: raises LimitPassed if it does not fit into one of their limits.
        """
        subjects = [charge.subject for charge in charges]

        def write(connection: Connection) -> Mapping[Subject, Amount]:
            used = _count(connection, day, subjects, amount)
            for charge in charges:
                measure = charge.limit.passed_by(used[charge.subject])
                if measure is not None:
                    raise LimitPassed(charge, measure)  # which undoes it
            return used

        return await self._database.transact(write)

    async def settle(
        self, day: date, subjects: Collection[Subject], difference: Amount
    ) -> Mapping[Subject, Amount]:
        """Correct what was reserved by ``difference``; return what each has used then."""
        change = _of(day, subjects) | _more(difference)
        count = _statements(len(subjects)).count

        def write(connection: Connection) -> Mapping[Subject, Amount]:
            return _amounts(connection.execute(count, change).all())

        return await self._database.transact(write)

    async def used(self, day: date, subjects: Collection[Subject]) -> Mapping[Subject, Amount]:
        """Return what each has used on that day."""
        if not subjects:
            return {}

        def read(connection: Connection) -> Mapping[Subject, Amount]:
            used = _statements(len(subjects)).used
            rows = connection.execute(used, _of(day, subjects)).all()
            return {**dict.fromkeys(subjects, NOTHING), **_amounts(rows)}

        return await self._database.fetch(read)

    async def note_steps(
        self, day: date, subject: Subject, steps: Sequence[int], posts: Sequence[NewPost]
    ) -> bool:
        """Note the steps that a subject has reached, with the posts that tell of the highest.

        False, and nothing is posted, if the highest was noted before.
        """
        key = {"day": day, **_key(subject)}

        def write(connection: Connection) -> bool:
            new = [
                insert_if_missing(connection, limit_notices, {**key, "step": step})
                for step in steps
            ]
            if not new[-1]:
                return False
            put_posts(connection, posts)
            return True

        return await self._database.transact(write)

    async def set_aside(
        self,
        day: date,
        message_ids: Sequence[int],
        reason: SetAsideReason,
        at: datetime,
        texts: Sequence[LimitText],
    ) -> int:
        """Keep messages that will never be answered, and tell each person once a day.

        Return how many people are told now.
        """

        def write(connection: Connection) -> int:
            values = {"message_ids": list(message_ids), "at": at, "reason": reason}
            connection.execute(_SET_ASIDE, values)
            told = [
                text.post
                for text in texts
                if insert_if_missing(
                    connection, limit_texts, {"day": day, "person_id": text.person_id}
                )
            ]
            put_posts(connection, told)
            return len(told)

        return await self._database.transact(write)

    async def forget_before(self, day: date) -> None:
        """Drop what is kept of days before that one: the calls themselves stay on the record."""
        async with self._database.write() as connection:
            for statement in _FORGET:
                await connection.execute(statement, {"before": day})


def _count(
    connection: Connection, day: date, subjects: Sequence[Subject], amount: Amount
) -> dict[Subject, Amount]:
    """Count ``amount`` for each, in rows that nobody else changes before the transaction ends."""
    asked, of_them = _statements(len(subjects)), _of(day, subjects)
    if connection.dialect.name != "sqlite":  # where nobody else writes as it is
        connection.execute(asked.lock, of_them)
    used = _amounts(connection.execute(asked.count, of_them | _more(amount)).all())
    if missing := sorted(subject for subject in subjects if subject not in used):
        for subject in missing:
            key = {"day": day, **_key(subject)}
            insert_if_missing(connection, usage_days, key, {"calls": 0, "tokens": 0, "cost": 0})
        of_them = _of(day, missing) | _more(amount)
        used |= _amounts(connection.execute(_statements(len(missing)).count, of_them).all())
    return used


def _of(day: date, subjects: Collection[Subject]) -> dict[str, object]:
    """Return the values by which `_statements` find the rows of subjects."""
    of_them: dict[str, object] = {"of_day": day}
    for number, subject in enumerate(subjects):
        of_them[f"scope_{number}"] = subject.scope
        of_them[f"subject_id_{number}"] = subject.id
        of_them[f"guild_id_{number}"] = subject.guild_id
    return of_them


def _key(subject: Subject) -> dict[str, object]:
    return {"scope": subject.scope, "subject_id": subject.id, "guild_id": subject.guild_id}


def _more(amount: Amount) -> dict[str, int]:
    return {"more_calls": amount.calls, "more_tokens": amount.tokens, "more_cost": amount.cost}


def _amounts(rows: Sequence[Row[*tuple[Any, ...]]]) -> dict[Subject, Amount]:
    return {
        Subject(row.scope, row.subject_id, row.guild_id): Amount(row.calls, row.tokens, row.cost)
        for row in rows
    }
