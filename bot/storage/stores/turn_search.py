"""The search among the turns of a room, newest first, page by page.

It goes by a room's own numbers, between the one that a time begins with and the one where the page
before ended, and reads so many at a time: never the whole history. Words are looked for in the
stored texts themselves, so that there is no second copy that forgetting could miss.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Line, Turn, TurnState
from bot.domain.search import FoundPage, FoundTurn, TurnFilter
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, reply_posts, turns
from bot.storage.stores.feedback import SAID_TO_HURT
from bot.storage.stores.turn_history import WORST
from bot.storage.stores.turn_rows import find_turns, first_turn
from bot.text.language import guess_language

BATCH: Final = 200
"""Turns that are read at a time."""
MOST_LOOKED_AT: Final = 1000
"""Turns that a page looks at: a tenth of a second. The next page looks further back."""
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
_SPAN: Final = (
    select(turns)
    .where(_OF_ROOM, turns.c.number >= bindparam("low"), turns.c.number < bindparam("high"))
    .order_by(turns.c.number.desc())
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


@dataclass
class _Look:
    """How far a page has come: it looks at the numbers below ``high``, down to ``low``."""

    low: int
    high: int
    left: int

    def next_batch(self) -> tuple[int, int] | None:
        """Return the next numbers to read, from and below; None where it ends."""
        if self.high <= self.low or self.left <= 0:
            return None
        size = min(BATCH, self.left)
        batch = max(self.low, self.high - size), self.high
        self.high, self.left = batch[0], self.left - size
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
        async with self._database.read() as connection:
            look = await _begin(connection, room_id, since, before)
        found: list[tuple[Turn, tuple[Line, ...]]] = []
        while len(found) <= most and (batch := look.next_batch()) is not None:
            async with self._database.read() as connection:
                found += await _fitting(connection, room_id, wanted, batch, only)
        older = found[most - 1][0].number if len(found) > most else look.high
        async with self._database.read() as connection:
            keys = {"room_id": room_id, "number": older}
            return FoundPage(
                found=await _with_scores(connection, found[:most]),
                older=older if older > look.low or len(found) > most else None,
                back_to=await connection.scalar(_BEGAN, keys),
            )

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
        async with self._database.read() as connection:
            batch = (first, last + 1)
            found = await _fitting(connection, room_id, TurnFilter(), batch)
            return [*reversed(await _with_scores(connection, found))]

    async def messages_of(self, turn_ids: Collection[int]) -> dict[int, int]:
        """Return a message to look at for each turn: its reply, else the last that it answers."""
        keys = {"turn_ids": list(turn_ids)}
        async with self._database.read() as connection:
            asked = (await connection.execute(_ASKED_IN, keys)).all()
            sent = (await connection.execute(_SENT_AS, keys)).all()
        return {row[0]: row[1] for row in (*asked, *sent)}


async def _begin(
    connection: AsyncConnection, room_id: int, since: datetime, before: int | None
) -> _Look:
    first = await connection.scalar(_FIRST, {"room_id": room_id, "since": since})
    newest = select(func.max(turns.c.number)).where(_OF_ROOM)
    high = before or (await connection.scalar(newest, {"room_id": room_id}) or 0) + 1
    return _Look(low=high if first is None else first, high=high, left=MOST_LOOKED_AT)


async def _fitting(
    connection: AsyncConnection,
    room_id: int,
    wanted: TurnFilter,
    batch: tuple[int, int],
    only: ColumnElement[bool] | None = None,
) -> list[tuple[Turn, tuple[Line, ...]]]:
    keys = {"room_id": room_id, "low": batch[0], "high": batch[1]}
    query = _query(wanted) if only is None else _query(wanted).where(only)
    found = await connection.run_sync(find_turns, query, keys)
    asked = await _said_in(connection, found)
    return [(turn, asked[turn.id]) for turn in found if _fits(turn, asked[turn.id], wanted)]


def _query(wanted: TurnFilter) -> Select[*tuple[object, ...]]:
    """Return the part of the search that the database does."""
    conditions: list[ColumnElement[bool]] = []
    if wanted.person_id is not None:
        # By the turn, as both columns of its index say, and not by all that the person ever wrote.
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
    return _SPAN.where(*conditions)


def _fits(turn: Turn, asked: Sequence[Line], wanted: TurnFilter) -> bool:
    """Do the part of the search that goes by what was said."""
    said = "\n".join(line.text for line in asked)
    if wanted.language and guess_language(said) != wanted.language:
        return False
    words = wanted.words.casefold().split()
    texts = "\n".join(filter(None, (said, turn.draft, turn.reply))).casefold() if words else ""
    return all(word in texts for word in words)


async def _said_in(
    connection: AsyncConnection, found: Sequence[Turn]
) -> dict[int, tuple[Line, ...]]:
    said: dict[int, list[Line]] = {turn.id: [] for turn in found}
    if said:
        for row in await connection.execute(_SAID, {"turn_ids": list(said)}):
            said[row.turn_id].append(Line(speaker=row.author_name, text=row.text))
    return {turn_id: tuple(lines[-MOST_ASKED:]) for turn_id, lines in said.items()}


async def _with_scores(
    connection: AsyncConnection, found: Sequence[tuple[Turn, tuple[Line, ...]]]
) -> tuple[FoundTurn, ...]:
    if not found:
        return ()
    keys = {"turn_ids": [turn.id for turn, _ in found]}
    worst = {row.id: row.worst for row in await connection.execute(_WORST, keys)}
    hurt = set(await connection.scalars(_HURT, keys))
    return tuple(
        FoundTurn(turn, asked, worst.get(turn.id), turn.id in hurt) for turn, asked in found
    )
