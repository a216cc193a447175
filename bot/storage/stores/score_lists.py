"""The rolling lists of scores: which turn has its line in which message."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import PostKind, PostTo, Room
from bot.storage.database.database import Database
from bot.storage.database.notice_tables import score_lines, score_lists
from bot.storage.database.tables import WAITING, outbox
from bot.storage.database.upsert import insert_counted

MOST_LINES: Final = 15
OPEN_FOR: Final = timedelta(hours=1)
"""Lines of a list, and how long it gets new ones: so that one finds it where the talk was."""

_INSERT: Final = score_lists.insert()
_OF_TURN: Final = select(score_lines.c.list_id).where(score_lines.c.turn_id == bindparam("turn_id"))
_LATEST: Final = (
    select(score_lists)
    .where(score_lists.c.room_id == bindparam("room_id"))
    .order_by(score_lists.c.id.desc())
    .limit(1)
)
_LINES: Final = (
    select(score_lines.c.turn_id)
    .where(score_lines.c.list_id == bindparam("list_id"))
    .order_by(score_lines.c.turn_id)
)
_WAITING_TURNS: Final = (
    select(outbox.c.turn_id)
    .where(
        outbox.c.room_id == bindparam("room_id"),
        outbox.c.place == PostTo.MODERATORS,
        outbox.c.kind == PostKind.LINE,
        WAITING,
    )
    .order_by(outbox.c.id)
    .limit(MOST_LINES)
)


@dataclass(frozen=True, slots=True)
class ScoreList:
    """A message with a line for each of several turns, oldest first."""

    id: int
    room_id: int
    began_at: datetime
    turn_ids: tuple[int, ...]
    channel_id: int
    message_id: int | None
    shown: int
    """The lines that the message has; behind them are those that it has yet to get."""


class ScoreListStore:
    """The lists, each open for new lines for an hour or until it is full."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, room: Room, turn_id: int, now: datetime | None = None) -> ScoreList:
        """Give a turn its line, and whatever else waits for one; return the list that has it.

        A turn has one line, however often it is asked for.
        """
        now = now or datetime.now(UTC)
        async with self._database.write() as connection:
            list_id: int | None = await connection.scalar(_OF_TURN, {"turn_id": turn_id})
            if list_id is None:
                list_id = await _open_list(connection, room, now)
                waiting = await connection.scalars(_WAITING_TURNS, {"room_id": room.id})
                await _put_lines(connection, list_id, [turn_id, *waiting])
            return await _read(connection, list_id)

    async def of_turn(self, turn_id: int) -> ScoreList | None:
        """Return the list that has a turn's line, if one has."""
        async with self._database.read() as connection:
            list_id: int | None = await connection.scalar(_OF_TURN, {"turn_id": turn_id})
            return None if list_id is None else await _read(connection, list_id)

    async def note_shown(self, shown: ScoreList, message_id: int | None) -> None:
        """Note the message in which all lines of a list stand by now; None: it is gone."""
        lines = len(shown.turn_ids) if message_id is not None else 0
        change = score_lists.update().where(score_lists.c.id == shown.id)
        async with self._database.write() as connection:
            await connection.execute(change.values(message_id=message_id, shown=lines))


async def _open_list(connection: AsyncConnection, room: Room, now: datetime) -> int:
    """Return the list of a room that takes another line; a new one if there is none."""
    latest = (await connection.execute(_LATEST, {"room_id": room.id})).first()
    if latest is not None and latest.channel_id == room.moderator_channel_id:
        of_list = score_lines.c.list_id == latest.id
        lines = await connection.scalar(select(func.count()).where(of_list)) or 0
        if lines < MOST_LINES and now - latest.began_at < OPEN_FOR:
            return int(latest.id)
    values = {
        "room_id": room.id,
        "began_at": now,
        "channel_id": room.moderator_channel_id,
        "shown": 0,
    }
    return await connection.run_sync(insert_counted, _INSERT, values)


async def _put_lines(connection: AsyncConnection, list_id: int, turn_ids: list[int]) -> None:
    """Put turns that have no line yet into a list, as far as it has room."""
    has_line = select(score_lines.c.turn_id).where(score_lines.c.turn_id.in_(turn_ids))
    known = set(await connection.scalars(has_line))
    new = [turn_id for turn_id in dict.fromkeys(turn_ids) if turn_id not in known]
    lines = list(await connection.scalars(_LINES, {"list_id": list_id}))
    rows = [{"turn_id": turn_id, "list_id": list_id} for turn_id in new[: MOST_LINES - len(lines)]]
    if rows:
        await connection.execute(score_lines.insert(), rows)


async def _read(connection: AsyncConnection, list_id: int) -> ScoreList:
    query = select(score_lists).where(score_lists.c.id == list_id)
    row = (await connection.execute(query)).one()
    turn_ids = tuple(await connection.scalars(_LINES, {"list_id": list_id}))
    return ScoreList(
        id=row.id,
        room_id=row.room_id,
        began_at=row.began_at,
        turn_ids=turn_ids,
        channel_id=row.channel_id,
        message_id=row.message_id,
        shown=row.shown,
    )
