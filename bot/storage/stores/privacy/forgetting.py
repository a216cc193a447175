"""The forgetting of a person, or of single messages, wherever the classification says words are.

First goes what others said that quotes or names the person, last the person's own messages: they
tell what has to be looked for, so that forgetting that was cut short can be done again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import ColumnElement, Row, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.database.data_classes import SOMEONE, Forgetting, Holds, tables_with, words_of
from bot.storage.database.database import Database
from bot.storage.database.tables import OPEN, guilds, messages, rooms, turns
from bot.storage.stores.guidance import GuidanceStore
from bot.storage.stores.privacy.erased_words import close_and_empty, drop_messages
from bot.storage.stores.privacy.removals import remove_posts_of_turns
from bot.storage.stores.privacy.traced_rows import (
    Sought,
    clean_guild_rows,
    find_names,
    find_written,
    unsign_rows,
)
from bot.storage.stores.rooms import RoomStore
from bot.text.traces import Traces

log = structlog.get_logger(__name__)

AT_ONCE: Final = 100
"""Turns in one transaction: some milliseconds, for which a reply may have to wait."""
WINDOW: Final = 30
"""Turns after a message that may have had it before them: as many as lines are read, of which each
turn adds one at least; see `bot.storage.stores.conversations.MAX_LINES`."""


@dataclass(slots=True)
class Erased:
    """The counts of what was forgotten."""

    messages: int = 0
    turns: int = 0
    """Turns that answered those messages."""
    others: int = 0
    """Turns of other people that quoted or named the person."""
    rows: int = 0
    """Acts, guidance, ratings and the like: the person's own, and those that named them."""
    posts: int = 0
    """Posts in Discord that are on their way out, or are shown anew."""

    def __add__(self, other: Erased) -> Erased:
        """Return the sum of both."""
        names = [field.name for field in fields(self)]
        return Erased(**{name: getattr(self, name) + getattr(other, name) for name in names})


@dataclass(frozen=True, slots=True)
class _Own:
    """What is to be forgotten: messages, with the turns that answer them, and their traces."""

    messages: Sequence[Row[*tuple[Any, ...]]]
    acted_in: Sequence[int]
    """Turns in which the person did something as a moderator."""
    traces: Traces

    @property
    def message_ids(self) -> list[int]:
        """Return the ids of the messages."""
        return [row.id for row in self.messages]

    @property
    def turn_ids(self) -> frozenset[int]:
        """Return the turns that answer them."""
        return frozenset(row.turn_id for row in self.messages if row.turn_id is not None)


class ForgettingStore:
    """The way of a person out of the database."""

    def __init__(self, database: Database, rooms: RoomStore, guidance: GuidanceStore) -> None:
        self._database = database
        self._rooms = rooms
        self._guidance = guidance
        self.on_erased: Callable[[Collection[int]], None] = _tell_nobody
        """Called with the rooms' ids after each transaction, before anybody else is at work."""

    async def guilds(self) -> list[int]:
        """Return the servers that the database knows."""
        async with self._database.read() as connection:
            return list(await connection.scalars(select(guilds.c.id).order_by(guilds.c.id)))

    async def person(self, person_id: int, guild_id: int, names: Sequence[str] = ()) -> Erased:
        """Forget a person in a server; ``names`` are further ones that they go by.

        Raises DatabaseUnavailable; done again, it goes on.
        """
        await self._database.flush()  # where things were posted a moment ago
        room_ids = await self.room_ids(guild_id)
        async with self._database.read() as connection:
            known = await find_names(connection, guild_id, room_ids, person_id)
            written = await find_written(connection, guild_id, room_ids, person_id)
        by_them = messages.c.author_id == person_id
        rows = await self._messages(by_them & messages.c.room_id.in_(room_ids))
        traces = Traces([*known, *names], [*written.texts, *(row.text for row in rows)])
        own = _Own(rows, written.turn_ids, traces)
        async with self._erasing(room_ids) as connection:
            sought = Sought(traces, _first(rows, written.first_at), person_id)
            cleaned = await clean_guild_rows(connection, guild_id, room_ids, sought)
        erased = Erased(rows=cleaned.rows, posts=cleaned.posts) + await self._forget(own, room_ids)
        async with self._erasing(room_ids) as connection:
            erased.rows += await unsign_rows(connection, guild_id, room_ids, person_id)
        await self.finish()
        return erased

    async def messages(self, room_id: int, message_ids: Sequence[int]) -> Erased:
        """Forget single messages, whatever their state. Raises DatabaseUnavailable."""
        await self._database.flush()
        named = messages.c.id.in_(message_ids) & (messages.c.room_id == room_id)
        rows = await self._messages(named)
        if not rows:
            return Erased()
        own = _Own(rows, (), Traces([], [row.text for row in rows]))
        room, erased = await self._rooms.get(room_id), Erased()
        if room is not None:
            async with self._erasing([room_id]) as connection:
                sought = Sought(own.traces, _first(rows))
                cleaned = await clean_guild_rows(connection, room.guild_id, [room_id], sought)
            erased = Erased(rows=cleaned.rows, posts=cleaned.posts)
        erased += await self._forget(own, [room_id])
        await self.finish()
        return erased

    async def under_way(self, room_id: int, person_id: int) -> bool:
        """Return whether the room's open turn is about words of that person."""
        query = select(true()).where(
            select(messages.c.id)
            .join(turns, turns.c.id == messages.c.turn_id)
            .where(messages.c.room_id == room_id, messages.c.author_id == person_id, OPEN)
            .exists()
        )
        async with self._database.read() as connection:
            return bool(await connection.scalar(query))

    async def finish(self) -> None:
        """Have nothing in memory or in the database's log of what was forgotten."""
        self._rooms.forget_cached()
        self._guidance.forget_cached()
        if not await self._database.empty_log():
            log.warning("write-ahead log not emptied: somebody reads for long")

    async def room_ids(self, guild_id: int) -> list[int]:
        """Return all Chat Rooms that a server has or had."""
        query = select(rooms.c.id).where(rooms.c.guild_id == guild_id)
        async with self._database.read() as connection:
            return list(await connection.scalars(query))

    @asynccontextmanager
    async def _erasing(self, room_ids: Collection[int]) -> AsyncIterator[AsyncConnection]:
        """Write, and have nothing in memory of what is erased as soon as it is."""
        try:
            async with self._database.write() as connection:
                yield connection
        finally:  # whether it was written is not known after every error
            self.on_erased(room_ids)

    async def _messages(self, which: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
        async with self._database.read() as connection:
            query = select(messages).where(which).order_by(messages.c.id)
            return (await connection.execute(query)).all()

    async def _forget(self, own: _Own, room_ids: Sequence[int]) -> Erased:
        erased = Erased()
        others = {*own.acted_in}
        for room_id in room_ids:
            others.update(await self._window(room_id, own.turn_ids))
            others.update(await self._with_replies(room_id, own.message_ids))
        for chunk in _chunks(sorted(others - own.turn_ids)):
            async with self._erasing(room_ids) as connection:
                erased += await _forget_traces(connection, chunk, own.traces)
        for chunk in _chunks(sorted(own.turn_ids)):
            async with self._erasing(room_ids) as connection:
                erased += await _forget_turns(connection, chunk, own)
        for chunk in _chunks(own.message_ids):  # those that no turn claimed
            async with self._erasing(room_ids) as connection:
                await drop_messages(connection, chunk)
        erased.messages = len(own.message_ids)
        await self._pass_by({row.room_id: row.id for row in own.messages})
        return erased

    async def _window(self, room_id: int, own: frozenset[int]) -> list[int]:
        """Return the other turns of a room that may have had the messages before them."""
        if not own:
            return []
        query = select(turns.c.id).where(turns.c.room_id == room_id, turns.c.id >= min(own))
        async with self._database.read() as connection:
            later = list(await connection.scalars(query.order_by(turns.c.id)))
        window: list[int] = []
        left = 0
        for turn_id in later:
            left = WINDOW if turn_id in own else left - 1
            if turn_id not in own and left >= 0:
                window.append(turn_id)
        return window

    async def _with_replies(self, room_id: int, own: Sequence[int]) -> Sequence[int]:
        """Return the later turns that had a chain of replies before them, however old."""
        if not own:
            return []
        query = (
            select(messages.c.turn_id)
            .distinct()
            .where(
                messages.c.room_id == room_id,
                messages.c.id > min(own),
                messages.c.reply_to_id.is_not(None),
                messages.c.turn_id.is_not(None),
            )
        )
        async with self._database.read() as connection:
            return list(await connection.scalars(query))

    async def _pass_by(self, newest: Mapping[int, int]) -> None:
        """Note that messages were heard, by room, of which no row tells any more."""
        for room_id, message_id in newest.items():
            last = await self._rooms.last_seen(room_id)
            if last is None or last < message_id:
                await self._rooms.see(room_id, message_id)


def _tell_nobody(room_ids: Collection[int]) -> None:
    """Stand in for whoever has words in memory."""


def _first(rows: Sequence[Row[*tuple[Any, ...]]], *others: datetime | None) -> datetime | None:
    """Return the first moment at which the person said anything."""
    moments = [*(row.sent_at for row in rows), *(at for at in others if at is not None)]
    return min(moments, default=None)


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


async def _forget_traces(
    connection: AsyncConnection, turn_ids: Sequence[int], traces: Traces
) -> Erased:
    """Empty those of other people's turns that quote or name the person, and keep the rest."""
    found: set[int] = set()
    replies: set[int] = set()
    for table, empties in tables_with(holds=Holds.WORDS, forgotten=Forgetting.TURN):
        of_turn = turns.c.id if table is turns else table.c.turn_id
        columns = [column for column in words_of(table) if column.name in empties]
        query = select(of_turn.label("turn_id"), *columns).where(of_turn.in_(turn_ids))
        for row in await connection.execute(query):
            if any(traces.in_text(text) for text in row[1:]):
                found.add(row.turn_id)
            if table is turns and traces.in_text(row.reply):
                replies.add(row.turn_id)
    await _take_names_out(connection, turn_ids, traces)
    touched = sorted(found | await _open_among(connection, turn_ids))
    if not touched:
        return Erased()
    posts = await remove_posts_of_turns(connection, touched, replies)
    await close_and_empty(connection, touched)
    return Erased(others=len(found), posts=posts)


async def _forget_turns(connection: AsyncConnection, turn_ids: Sequence[int], own: _Own) -> Erased:
    posts = await remove_posts_of_turns(connection, turn_ids, turn_ids)
    theirs = select(messages.c.id).where(messages.c.turn_id.in_(turn_ids))
    there = set(await connection.scalars(theirs)) & {*own.message_ids}
    await _take_names_out(connection, turn_ids, own.traces)
    await close_and_empty(connection, turn_ids, sorted(there))
    return Erased(turns=len(turn_ids), posts=posts)


async def _open_among(connection: AsyncConnection, turn_ids: Sequence[int]) -> set[int]:
    """Return the open turn that is worked on with the words in view, but one that is being sent."""
    query = select(turns.c.id).where(turns.c.id.in_(turn_ids), OPEN, turns.c.delivery_tries == 0)
    return set(await connection.scalars(query))


async def _take_names_out(
    connection: AsyncConnection, turn_ids: Sequence[int], traces: Traces
) -> None:
    """Take the person's name out of what others said; the rest of it stays theirs."""
    query = select(messages.c.id, messages.c.text).where(messages.c.turn_id.in_(turn_ids))
    for row in (await connection.execute(query)).all():
        text = traces.without_names(row.text, SOMEONE)
        if text != row.text:
            change = messages.update().where(messages.c.id == row.id)
            await connection.execute(change.values(text=text))
