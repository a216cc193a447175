"""The crises: each is stored with the help that answers it, before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from sqlalchemy import Connection, bindparam, exists, select

from bot.domain import (
    EvaluationState,
    Moderator,
    NewAct,
    Turn,
    TurnState,
    UserMessage,
)
from bot.domain.crisis import Crisis, CrisisCause, NewCrisis
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.crisis_tables import crises
from bot.storage.database.database import Database
from bot.storage.database.tables import OPEN, messages, turns
from bot.storage.database.upsert import insert_counted
from bot.storage.stores.acts import put_act
from bot.storage.stores.crisis_rows import crisis_of_row, posts_of_crisis, values_of_crisis
from bot.storage.stores.messages import put_message
from bot.storage.stores.outbox import put_posts
from bot.storage.stores.turn_rows import first_turn, put_turn, values_of

WHOLE_EVERY: Final = timedelta(hours=1)
"""After a whole text, a person gets short ones for this long."""

_DAY_OF_IDS: Final = 24 * 60 * 60 * 1000 << 22
"""By how much the ids of messages grow in a day: Discord makes them of milliseconds."""

_KNOWN: Final = select(
    exists().where(
        crises.c.message_id == bindparam("message_id"), crises.c.kind == bindparam("kind")
    )
)
_SEEN: Final = crises.c.cause != CrisisCause.FEEDBACK
"""The room saw its help. What is told in feedback is told to the bot alone."""
_HELPED_LATELY: Final = select(
    exists().where(
        _SEEN,
        crises.c.room_id == bindparam("room_id"),
        crises.c.author_id == bindparam("author_id"),
        crises.c.created_at > bindparam("since", type_=UtcDateTime),
    )
)
_MESSAGE: Final = select(messages.c.turn_id).where(messages.c.id == bindparam("message_id"))
_OPEN_TURN: Final = select(turns).where(turns.c.room_id == bindparam("room_id"), OPEN)
_OF_OTHERS: Final = select(
    exists().where(
        messages.c.turn_id == bindparam("turn_id"), messages.c.author_id != bindparam("author_id")
    )
)
_CLAIM: Final = (
    messages.update()
    .where(
        messages.c.room_id == bindparam("of_room"),
        messages.c.author_id == bindparam("of_author"),
        messages.c.turn_id.is_(None),
        messages.c.id <= bindparam("newest"),
    )
    .values(turn_id=bindparam("as_turn"))
)
_FREE: Final = (
    messages.update()
    .where(messages.c.turn_id == bindparam("of_turn"))
    .where(messages.c.author_id != bindparam("of_author"))
    .values(turn_id=None)
)
"""Others who were to be answered with the person are answered by a turn of their own."""
_LATEST: Final = (
    select(crises)
    .where(crises.c.room_id == bindparam("room_id"), crises.c.false_alarm_by_id.is_(None))
    .where(crises.c.created_at > bindparam("since", type_=UtcDateTime), _SEEN)
    .order_by(crises.c.id.desc())
    .limit(1)
)
_OTHER_SPOKE: Final = select(
    exists().where(
        messages.c.room_id == bindparam("room_id"),
        messages.c.id > bindparam("message_id"),
        messages.c.author_id != bindparam("author_id"),
    )
)

_OF_TURN: Final = (
    select(crises).where(crises.c.turn_id == bindparam("turn_id")).order_by(crises.c.id).limit(1)
)


class CrisisStore:
    """The crises of all Chat Rooms."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def open(self, new: NewCrisis) -> Crisis | None:
        """Put a crisis on the record with its help and its call; None if it is there already.

        What waits of that person, and a turn that is about them alone, is closed with it: no reply
        of a model goes to somebody who may be in danger.
        """

        def write(connection: Connection) -> Crisis | None:
            return open_crisis(connection, new)

        return await self._database.transact(write)

    async def get(self, crisis_id: int) -> Crisis | None:
        """Return the crisis of that id."""
        query = select(crises).where(crises.c.id == crisis_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).first()
        return None if row is None else crisis_of_row(row)

    async def of_turn(self, turn_id: int) -> Crisis | None:
        """Return the crisis that closed a turn."""

        def read(connection: Connection) -> Crisis | None:
            row = connection.execute(_OF_TURN, {"turn_id": turn_id}).first()
            return None if row is None else crisis_of_row(row)

        return await self._database.fetch(read)

    async def help_given(self, room_id: int) -> Crisis | None:
        """Return the crisis that the next draft has to know of.

        It is one of the last hour after which nobody else has spoken, and never one that was told
        to the bot alone.
        """
        return await self._database.fetch(partial(help_given_in, room_id=room_id))

    async def concerns_authors(self, turn: Turn) -> bool:
        """Return whether somebody whom the turn answers spoke of danger, or did the day before."""
        theirs = select(messages.c.author_id).where(messages.c.turn_id == turn.id)
        about_them = exists().where(
            crises.c.room_id == turn.room_id,
            crises.c.message_id > turn.message_ids[0] - _DAY_OF_IDS,
            crises.c.author_id.in_(theirs),
            crises.c.false_alarm_by_id.is_(None),
        )
        async with self._database.read() as connection:
            return bool(await connection.scalar(select(about_them)))

    async def told_in_feedback(self, room_id: int, author_id: int, at: datetime) -> bool:
        """Return whether a person spoke of danger in what they said of a reply, about then."""
        told = exists().where(
            crises.c.room_id == room_id,
            crises.c.author_id == author_id,
            crises.c.cause == CrisisCause.FEEDBACK,
            crises.c.created_at.between(at - timedelta(minutes=1), at),
        )
        async with self._database.read() as connection:
            return bool(await connection.scalar(select(told)))

    async def take(self, crisis: Crisis, act: NewAct) -> bool:
        """Note that a moderator is with the person; False if somebody was before."""
        return await self._note(crisis, "taken_by", act)

    async def call_false(self, crisis: Crisis, act: NewAct) -> bool:
        """Note that a moderator calls it a false alarm; False if somebody did before."""
        return await self._note(crisis, "false_alarm_by", act)

    async def _note(self, crisis: Crisis, column: str, act: NewAct) -> bool:
        by: Moderator = act.by
        change = (
            crises.update()
            .where(crises.c.id == crisis.id, crises.c[f"{column}_id"].is_(None))
            .values({f"{column}_id": by.id, f"{column}_name": by.name})
        )
        async with self._database.write() as connection:
            if not (await connection.execute(change)).rowcount:
                return False
            await connection.run_sync(put_act, act)
        return True


def help_given_in(connection: Connection, room_id: int) -> Crisis | None:
    """Return the crisis that the next draft in a room has to know of, within a wider look."""
    since = datetime.now(UTC) - WHOLE_EVERY
    row = connection.execute(_LATEST, {"room_id": room_id, "since": since}).first()
    if row is None:
        return None
    keys = {"room_id": room_id, "message_id": row.message_id, "author_id": row.author_id}
    return None if connection.scalar(_OTHER_SPOKE, keys) else crisis_of_row(row)


def open_crisis(
    connection: Connection, new: NewCrisis, *, turn_id: int | None = None
) -> Crisis | None:
    """Put a crisis on the record within a transaction that writes other things too.

    ``turn_id`` is the turn that ends with it, if that is written already, with others if several
    people were to be answered.
    """
    message, sign = new.message, new.sign
    if connection.scalar(_KNOWN, {"message_id": message.id, "kind": sign.kind}):
        return None
    now = datetime.now(UTC)
    lately = {
        "room_id": message.room_id, "author_id": message.author_id, "since": now - WHOLE_EVERY
    }  # fmt: skip
    short = bool(connection.scalar(_HELPED_LATELY, lately))
    text = new.short if short else new.whole
    is_first = turn_id is None or not connection.execute(_OF_TURN, {"turn_id": turn_id}).first()
    if turn_id is None and not new.is_private:  # that is no message of the room: no turn has it
        turn_id = _close_turn(connection, new, text, now)
    elif turn_id is not None and is_first:
        written = turns.update().where(turns.c.id == turn_id)
        connection.execute(written.values(reply=text))
    crisis = Crisis(
        id=0,
        room_id=message.room_id,
        channel_id=new.channel_id,
        message_id=message.id,
        author_id=message.author_id,
        author_name=message.author_name,
        sign=sign,
        cause=new.cause,
        turn_id=turn_id,
        short=short,
        created_at=now,
    )
    crisis_id = insert_counted(connection, crises.insert(), values_of_crisis(crisis))
    put_posts(connection, posts_of_crisis(new, crisis_id, turn_id, text, with_card=is_first))
    return replace(crisis, id=crisis_id)


def _close_turn(connection: Connection, new: NewCrisis, text: str, now: datetime) -> int | None:
    """Return the turn that the crisis closes; None if the message was answered before."""
    message = new.message
    known = connection.execute(_MESSAGE, {"message_id": message.id}).first()
    if known is None:
        put_message(connection, message)
    turn = first_turn(connection, _OPEN_TURN, {"room_id": message.room_id})
    if turn is not None and _is_theirs(connection, turn, message.id, message.author_id):
        _close(connection, turn, text)
        connection.execute(_FREE, {"of_turn": turn.id, "of_author": message.author_id})
    elif known is not None and known.turn_id is not None:
        return None
    else:
        turn = _new_turn(connection, message, text, now)
    claim = {
        "of_room": message.room_id,
        "of_author": message.author_id,
        "newest": message.id,
        "as_turn": turn.id,
    }
    connection.execute(_CLAIM, claim)
    return turn.id


def _is_theirs(connection: Connection, turn: Turn, message_id: int, author_id: int) -> bool:
    """Return whether a turn that has nothing on its way yet is about that person's words alone."""
    if turn.delivery_tries:
        return False
    keys = {"turn_id": turn.id, "author_id": author_id}
    return message_id in turn.message_ids or not connection.scalar(_OF_OTHERS, keys)


def _close(connection: Connection, turn: Turn, text: str) -> None:
    """Close a turn on its way: whoever works on it has an old version, and cannot save."""
    closed = replace(
        turn,
        state=TurnState.HELPED,
        evaluation=EvaluationState.EXEMPT,
        reply=text,
        waits_until=None,
        version=turn.version + 1,
    )
    connection.execute(turns.update().where(turns.c.id == turn.id), values_of(closed))


def _new_turn(connection: Connection, message: UserMessage, text: str, now: datetime) -> Turn:
    turn = Turn(
        id=0,
        room_id=message.room_id,
        state=TurnState.HELPED,
        evaluation=EvaluationState.EXEMPT,
        created_at=now,
        message_ids=(message.id,),
        reply=text,
    )
    return put_turn(connection, turn)
