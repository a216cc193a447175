"""People's messages in the Chat Rooms, and the conversation that a turn answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select

from bot.domain import Conversation, NewPost, Turn, UserMessage
from bot.domain.limits import SetAsideReason
from bot.storage.database.data_classes import NOBODY
from bot.storage.database.database import Database
from bot.storage.database.tables import messages, rooms, turns
from bot.storage.database.upsert import insert_if_missing
from bot.storage.stores.conversations import MAX_CHARACTERS, MAX_LINES, asked_in, conversation_of
from bot.storage.stores.outbox import put_posts

LATEST: Final = 10
"""Messages of a person among which the latest answer is looked for, in all rooms."""
_ONE: Final = select(messages).where(messages.c.id == bindparam("message_id"))
_UNCLAIMED: Final = and_(messages.c.room_id == bindparam("of_room"), messages.c.turn_id.is_(None))
_WAITING: Final = (
    select(messages.c.id)
    .where(_UNCLAIMED, messages.c.set_aside_at.is_(None))
    .order_by(messages.c.id)
)
_LATEST_OF_PERSON: Final = (
    select(messages.c.id, func.coalesce(turns.c.replied_at, turns.c.created_at).label("at"))
    .join(turns, turns.c.id == messages.c.turn_id)
    .where(messages.c.author_id == bindparam("person_id"))
    .order_by(messages.c.id.desc())
    .limit(LATEST)
)
_NAME: Final = (
    select(messages.c.author_name)
    .where(messages.c.author_id == bindparam("person_id"))
    .order_by(messages.c.id.desc())
    .limit(1)
)
_REVISE: Final = (
    messages.update()
    .where(messages.c.id == bindparam("message_id"), _UNCLAIMED)
    .where(messages.c.text != bindparam("new_text"))
    .values(text=bindparam("new_text"))
)
_WITHDRAW: Final = messages.delete().where(
    messages.c.id.in_(bindparam("message_ids", expanding=True)), _UNCLAIMED
)
_SAID_IN_PAUSE: Final = (
    select(messages.c.author_id, func.max(messages.c.id).label("message_id"))
    .join(rooms, rooms.c.id == messages.c.room_id)
    .where(
        messages.c.room_id == bindparam("room_id"),
        messages.c.id > rooms.c.paused_after_message_id,
        messages.c.turn_id.is_(None),
        or_(
            messages.c.set_aside_reason.is_(None),
            messages.c.set_aside_reason != SetAsideReason.CONTEXT,
        ),
    )
    .group_by(messages.c.author_id)
    .limit(20)
)


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that waits for a turn, and whose it is."""

    id: int
    author_id: int
    exempt: bool = False


class MessageStore:
    """People's messages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, message: UserMessage, posts: Sequence[NewPost] = ()) -> bool:
        """Keep a message for a turn to claim, with posts about it. False if it is known already."""

        def write(connection: Connection) -> bool:
            if not put_message(connection, message):
                return False
            put_posts(connection, posts)
            return True

        return await self._database.transact(write)

    async def add_context(self, message: UserMessage, at: datetime) -> bool:
        """Keep a message that somebody replies to, never to be answered; as `add`."""
        aside = {"set_aside_at": at, "set_aside_reason": SetAsideReason.CONTEXT}
        return await self._database.transact(partial(put_message, message=message, aside=aside))

    async def get(self, message_id: int) -> UserMessage | None:
        """Return the message of that id, if it is kept."""
        async with self._database.read() as connection:
            row = (await connection.execute(_ONE, {"message_id": message_id})).first()
        if row is None or row.author_id == NOBODY:
            return None
        return UserMessage(
            id=row.id,
            room_id=row.room_id,
            author_id=row.author_id,
            author_name=row.author_name,
            text=row.text,
            sent_at=row.sent_at,
        )

    async def known(self, message_ids: Collection[int]) -> bool:
        """Return whether any of these messages is kept."""
        query = select(exists().where(messages.c.id.in_(message_ids)))
        async with self._database.read() as connection:
            return bool(await connection.scalar(query))

    async def waiting(self, room_id: int) -> list[int]:
        """Return the messages that wait for a turn to claim them, oldest first."""
        async with self._database.read() as connection:
            return list(await connection.scalars(_WAITING, {"of_room": room_id}))

    async def last_turns(self, person_ids: Collection[int]) -> dict[int, datetime]:
        """Return when each person was last answered, or a turn of theirs began, in any room."""
        latest: dict[int, datetime] = {}
        async with self._database.read() as connection:
            for person_id in person_ids:
                rows = await connection.execute(_LATEST_OF_PERSON, {"person_id": person_id})
                if moments := [row.at for row in rows]:
                    latest[person_id] = max(moments)
        return latest

    async def name_of(self, person_id: int) -> str:
        """Return the name under which a person last wrote; empty if nothing of theirs is kept."""
        async with self._database.read() as connection:
            return await connection.scalar(_NAME, {"person_id": person_id}) or ""

    async def revise(self, message: UserMessage) -> bool:
        """Put what somebody now says in place of what they said, if no turn has claimed it.

        False if nothing has changed, or it is too late, or the message is not known.
        """
        values = {"of_room": message.room_id, "message_id": message.id, "new_text": message.text}
        async with self._database.write() as connection:
            return (await connection.execute(_REVISE, values)).rowcount > 0

    async def withdraw(self, room_id: int, message_ids: Collection[int]) -> int:
        """Drop messages that no turn has claimed, so that none will; return how many there were."""
        if not message_ids:
            return 0
        values = {"of_room": room_id, "message_ids": list(message_ids)}
        async with self._database.write() as connection:
            return (await connection.execute(_WITHDRAW, values)).rowcount

    async def said_in_pause(self, room_id: int) -> list[tuple[int, int]]:
        """Return who spoke since the room was paused: author and latest message, a few at most."""
        async with self._database.read() as connection:
            rows = await connection.execute(_SAID_IN_PAUSE, {"room_id": room_id})
            return [(row.author_id, row.message_id) for row in rows]

    async def conversation(
        self, turn: Turn, *, max_lines: int = MAX_LINES, max_characters: int = MAX_CHARACTERS
    ) -> Conversation:
        """Return what a turn answers, and what was said before it: oldest first, whole lines.

        ``lines`` holds messages of earlier turns and replies that were sent, the newest of them
        within both bounds. ``asked`` is under the same bounds by itself, so that a long pause
        does not end in a prompt that no model takes; the newest message is always in it.
        """
        within = {"max_lines": max_lines, "max_characters": max_characters}
        return await self._database.fetch(
            lambda connection: conversation_of(connection, turn, **within)
        )

    async def asked(self, turn: Turn) -> Conversation:
        """Return what a turn answers, as in `conversation`, without what was said before it."""
        return await self._database.fetch(partial(asked_in, turn=turn))


def put_message(
    connection: Connection, message: UserMessage, aside: Mapping[str, object] = MappingProxyType({})
) -> bool:
    """Keep a message within a transaction that writes other things too; False if it is known."""
    values = {
        "room_id": message.room_id,
        "author_id": message.author_id,
        "author_name": message.author_name,
        "text": message.text,
        "sent_at": message.sent_at,
        "limit_exempt": message.exempt,
        "reply_to_id": message.reply_to_id,
    }
    return insert_if_missing(connection, messages, {"id": message.id}, {**values, **aside})
