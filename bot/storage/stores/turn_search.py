"""The search among the turns of a room, newest first, page by page.

It goes by a room's own numbers, between the one that a time begins with and the one where the page
before ended, and reads so many at a time: never the whole history. Words are looked for in the
stored texts themselves, so that there is no second copy that forgetting could miss.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    select,
)

from bot.domain import Line, Turn, TurnState
from bot.domain.search import FoundPage, FoundTurn, TurnFilter
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, reply_posts, turns
from bot.storage.stores.feedback import SAID_TO_HURT
from bot.storage.stores.turn_history import WORST
from bot.storage.stores.turn_rows import find_turns, first_turn
from bot.text.language import guess_language

FIRST_BATCH: Final = 25
"""Turns that are read at first: where all of them fit, a page needs no more."""
BATCH: Final = 200
"""Turns that are read at a time, at most: each time twice as many as before."""
MOST_LOOKED_AT: Final = 600
"""Turns that a page looks at: some hundredths of a second. The next page looks further back."""
MOST_ASKED: Final = 30
"""Messages shown of what a turn answers."""

_OF_ROOM: Final = turns.c.room_id == bindparam("room_id")
_FIRST: Final = (
    select(turns.c.number)
    .where(_OF_ROOM, turns.c.created_at >= bindparam("since", type_=UtcDateTime))
    .order_by(turns.c.created_at)
    .limit(1)
)
_END: Final = (
    select(turns.c.number)
    .where(_OF_ROOM, turns.c.created_at < bindparam("until", type_=UtcDateTime))
    .order_by(turns.c.created_at.desc())
    .limit(1)
)
_NEWEST: Final = select(func.max(turns.c.number)).where(_OF_ROOM)
_IN_SPAN: Final = and_(
    _OF_ROOM, turns.c.number >= bindparam("low"), turns.c.number < bindparam("high")
)
_SPAN: Final = select(turns).where(_IN_SPAN).order_by(turns.c.number.desc())
_WHOLE: Final = (
    select(turns)
    .where(turns.c.id.in_(bindparam("turn_ids", expanding=True)))
    .order_by(turns.c.number.desc())
)
_ASKED: Final = and_(messages.c.turn_id == turns.c.id, messages.c.room_id == turns.c.room_id)
_FIRST_SHOWN: Final = (
    select(messages.c.id)
    .where(_ASKED)
    .order_by(messages.c.id.desc())
    .offset(MOST_ASKED - 1)
    .limit(1)
    .correlate(turns)
    .scalar_subquery()
)
# An aggregate takes texts in the order that they come in: here that of an index.
_SHOWN: Final = (
    select(messages.c.text)
    .where(_ASKED, messages.c.id >= func.coalesce(_FIRST_SHOWN, 0))
    .order_by(messages.c.id)
    .correlate(turns)
    .subquery("shown")
)
_WORDS_ASKED: Final = (
    select(func.aggregate_strings(_SHOWN.c.text, "\n")).scalar_subquery().label("said")
)
# What a look passes over is not read beyond what it is passed over for.
_LOOKED_THROUGH: Final = (
    select(turns.c.id, turns.c.number).where(_IN_SPAN).order_by(turns.c.number.desc())
)
_WORDS_LOOKED_THROUGH: Final = _LOOKED_THROUGH.add_columns(
    turns.c.draft, turns.c.reply, _WORDS_ASKED
)
_BEGAN: Final = select(turns.c.created_at).where(_OF_ROOM, turns.c.number == bindparam("number"))
_SAID: Final = (
    select(messages.c.turn_id, messages.c.author_name, messages.c.text)
    .where(messages.c.turn_id.in_(bindparam("turn_ids", expanding=True)))
    .order_by(messages.c.turn_id, messages.c.id)
)
_WORST: Final = select(turns.c.id, WORST.label("worst")).where(
    turns.c.id.in_(bindparam("turn_ids", expanding=True))
)
_HURT: Final = select(turns.c.id).where(
    turns.c.id.in_(bindparam("turn_ids", expanding=True)), SAID_TO_HURT
)
_ASKED_IN: Final = (
    select(messages.c.turn_id, func.max(messages.c.id))
    .where(messages.c.turn_id.in_(bindparam("turn_ids", expanding=True)))
    .group_by(messages.c.turn_id)
)
_SENT_AS: Final = select(reply_posts.c.turn_id, reply_posts.c.message_id).where(
    reply_posts.c.turn_id.in_(bindparam("turn_ids", expanding=True)), reply_posts.c.part == 0
)


class _Found(NamedTuple):
    """A turn that fits, and its number in its room."""

    turn_id: int
    number: int


@dataclass
class _Look:
    """How far a page has come: it looks at the numbers below ``high``, down to ``low``."""

    low: int
    high: int
    left: int
    size: int

    def next_batch(self) -> tuple[int, int] | None:
        """Return the next numbers to read, from and below; None where it ends."""
        if self.high <= self.low or self.left <= 0:
            return None
        size = min(self.size, self.left)
        batch = max(self.low, self.high - size), self.high
        self.high, self.left = batch[0], self.left - size
        self.size = min(2 * self.size, BATCH)
        return batch


class TurnSearch:
    """The search among a room's turns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_number(self, room_id: int, number: int) -> Turn | None:
        """Return the turn of a room that people call by that number."""
        keys = {"room_id": room_id, "low": number, "high": number + 1}
        async with self._database.read() as connection:
            return await connection.run_sync(first_turn, _SPAN, keys)

    async def find(
        self,
        room_id: int,
        wanted: TurnFilter,
        *,
        since: datetime,
        before: int | None = None,
        most: int = 10,
        only: ColumnElement[bool] | None = None,
    ) -> FoundPage:
        """Return the newest turns since then that fit; of those ``before`` a number, if given.

        ``only`` is a further condition on turns.
        """
        keys = {"room_id": room_id, "since": since}
        look = await self._database.fetch(partial(_begin, keys=keys, before=before))
        query = _query(wanted, only)
        found: list[_Found] = []
        while len(found) <= most and (batch := look.next_batch()) is not None:
            span = {"room_id": room_id, "low": batch[0], "high": batch[1]}
            found += await self._database.fetch(partial(_fitting, query, wanted, span))

        def read(connection: Connection) -> FoundPage:
            # By what was found: it may be deleted by now.
            shown = _read_whole(connection, [one.turn_id for one in found[:most]])
            older = found[most - 1].number if len(found) > most else look.high
            began = {"room_id": room_id, "number": older}
            return FoundPage(
                found=shown,
                older=older if older > look.low or len(found) > most else None,
                back_to=connection.scalar(_BEGAN, began),
            )

        return await self._database.fetch(read)

    async def between(
        self, room_id: int, since: datetime, until: datetime, most: int
    ) -> list[FoundTurn]:
        """Return the turns that began in a time, oldest first: the newest ``most`` of them."""
        keys = {"room_id": room_id, "since": since, "until": until}
        async with self._database.read() as connection:
            low = await connection.scalar(_FIRST, keys)
            last = await connection.scalar(_END, keys)
        if low is None or last is None:
            return []
        return await self.numbered(room_id, max(low, last - most + 1), last)

    async def numbered(self, room_id: int, first: int, last: int) -> list[FoundTurn]:
        """Return the turns with these numbers, oldest first."""
        keys = {"room_id": room_id, "low": first, "high": last + 1}

        def read(connection: Connection) -> list[FoundTurn]:
            ids = connection.scalars(_LOOKED_THROUGH, keys).all()
            return [*reversed(_read_whole(connection, ids))]

        return await self._database.fetch(read)

    async def messages_of(self, turn_ids: Collection[int]) -> dict[int, int]:
        """Return a message to look at for each turn: its reply, else the last that it answers."""
        keys = {"turn_ids": list(turn_ids)}
        async with self._database.read() as connection:
            asked = (await connection.execute(_ASKED_IN, keys)).all()
            sent = (await connection.execute(_SENT_AS, keys)).all()
        return {row[0]: row[1] for row in (*asked, *sent)}


def _begin(connection: Connection, keys: Mapping[str, object], before: int | None) -> _Look:
    first = connection.scalar(_FIRST, keys)
    high = before or (connection.scalar(_NEWEST, keys) or 0) + 1
    return _Look(high if first is None else first, high, left=MOST_LOOKED_AT, size=FIRST_BATCH)


def _fitting(
    query: Select[Any], wanted: TurnFilter, span: Mapping[str, object], connection: Connection
) -> list[_Found]:
    """Return a span's turns that fit, newest first."""
    rows = connection.execute(query, span)
    return [_Found(row.id, row.number) for row in rows if _fits(row, wanted)]


def _query(wanted: TurnFilter, only: ColumnElement[bool] | None) -> Select[Any]:
    """Return the part of the search that the database does."""
    conditions: list[ColumnElement[bool]] = [] if only is None else [only]
    if wanted.person_id is not None:
        # By the turn, as all columns of its index say, and not by all that the person ever wrote.
        own = and_(
            messages.c.turn_id == turns.c.id,
            messages.c.room_id == turns.c.room_id,
            messages.c.author_id == wanted.person_id,
        )
        conditions.append(exists().where(own))
    if wanted.least_score is not None:
        conditions.append(wanted.least_score <= WORST)
    if wanted.withheld is not None:
        is_withheld = turns.c.state == TurnState.WITHHELD
        conditions.append(is_withheld if wanted.withheld else ~is_withheld)
    by_words = wanted.language or wanted.words.split()
    return (_WORDS_LOOKED_THROUGH if by_words else _LOOKED_THROUGH).where(*conditions)


def _fits(row: Row[Any], wanted: TurnFilter) -> bool:
    """Do the part of the search that goes by what was said."""
    words = wanted.words.casefold().split()
    if words:
        texts = "\n".join(filter(None, (row.said, row.draft, row.reply))).casefold()
        if not all(word in texts for word in words):
            return False
    return not wanted.language or guess_language(row.said or "") == wanted.language


def _read_whole(connection: Connection, turn_ids: Sequence[int]) -> tuple[FoundTurn, ...]:
    """Return the turns with what each answers and its worst score, newest first."""
    if not turn_ids:
        return ()
    keys = {"turn_ids": list(turn_ids)}
    found = find_turns(connection, _WHOLE, keys)
    said: dict[int, list[Line]] = {turn_id: [] for turn_id in turn_ids}
    for row in connection.execute(_SAID, keys):
        said[row.turn_id].append(Line(speaker=row.author_name, text=row.text))
    worst = {row.id: row.worst for row in connection.execute(_WORST, keys)}
    hurt = set(connection.scalars(_HURT, keys))
    return tuple(
        FoundTurn(turn, tuple(said[turn.id][-MOST_ASKED:]), worst.get(turn.id), turn.id in hurt)
        for turn in found
    )
