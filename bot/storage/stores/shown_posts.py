"""The messages in which turns are shown, so that what they show can be changed later."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, select

from bot.domain import PostKind
from bot.storage.database.database import Database
from bot.storage.database.notice_tables import shown_messages
from bot.storage.database.upsert import upsert

_OF_KIND: Final = and_(
    shown_messages.c.turn_id == bindparam("turn_id"), shown_messages.c.kind == bindparam("kind")
)
_FIND: Final = select(shown_messages.c.channel_id, shown_messages.c.message_id).where(_OF_KIND)
_FORGET: Final = shown_messages.delete().where(_OF_KIND)


class MessagePlace(NamedTuple):
    """The place of a message in Discord."""

    channel_id: int
    message_id: int


class ShownPostStore:
    """The latest message of each kind about each turn."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, turn_id: int, kind: PostKind) -> MessagePlace | None:
        """Return the place of the message of that kind about a turn, if there is one."""
        keys = {"turn_id": turn_id, "kind": kind}

        def read(connection: Connection) -> MessagePlace | None:
            row = connection.execute(_FIND, keys).first()
            return None if row is None else MessagePlace(*row)

        return await self._database.fetch(read)

    async def turns_in(self, message_id: int, kind: PostKind) -> list[int]:
        """Return the turns of which a message is the latest of that kind, by id."""
        query = select(shown_messages.c.turn_id).where(
            shown_messages.c.message_id == message_id, shown_messages.c.kind == kind
        )
        async with self._database.read() as connection:
            return sorted(await connection.scalars(query))

    async def keep(self, turn_id: int, kind: PostKind, place: MessagePlace) -> None:
        """Keep the place of a message, instead of an earlier one of that kind about the turn."""
        key = {"turn_id": turn_id, "kind": kind}

        def write(connection: Connection) -> None:
            upsert(connection, shown_messages, key, place._asdict())

        await self._database.transact(write)

    async def forget(self, turn_id: int, kind: PostKind) -> None:
        """Forget the message of that kind about a turn."""
        async with self._database.write() as connection:
            await connection.execute(_FORGET, {"turn_id": turn_id, "kind": kind})
