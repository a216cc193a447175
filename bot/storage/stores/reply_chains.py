"""What a message replies to, and what that replied to: read from the messages and replies kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from bot.domain import Line, TurnState
from bot.storage.database.data_classes import NOBODY
from bot.storage.database.tables import messages, reply_posts, turns

MAX_LINKS: Final = 4
"""Messages of a chain of replies: whoever replies has rarely more than these in mind."""
MAX_LINK_CHARACTERS: Final = 400
"""Characters of each: enough to know what it is about."""

_ASKED: Final = (
    select(messages.c.author_name, messages.c.text, messages.c.reply_to_id)
    .where(messages.c.turn_id == bindparam("turn_id"), messages.c.room_id == bindparam("room_id"))
    .order_by(messages.c.id.desc())
    .limit(bindparam("most"))
)
_MESSAGE: Final = select(
    messages.c.id, messages.c.author_name, messages.c.text, messages.c.reply_to_id
).where(
    messages.c.id == bindparam("message_id"),
    messages.c.room_id == bindparam("room_id"),
    messages.c.author_id != NOBODY,
)
_ANSWERED: Final = (
    select(func.max(messages.c.id)).where(messages.c.turn_id == turns.c.id).scalar_subquery()
)
_REPLY: Final = (
    select(turns.c.id, turns.c.reply, _ANSWERED.label("answered"))
    .join(reply_posts, reply_posts.c.turn_id == turns.c.id)
    .where(
        reply_posts.c.message_id == bindparam("message_id"),
        turns.c.room_id == bindparam("room_id"),
        turns.c.state == TurnState.SENT,
        turns.c.reply_deleted_at.is_(None),
        turns.c.reply.is_not(None),
    )
)


class ReplyLink(NamedTuple):
    """A message or a reply in a chain; ``id`` is the turn's where the Chatbot said it."""

    by_chatbot: bool
    id: int
    line: Line


def read_asked_lines(
    connection: Connection, keys: Mapping[str, int], shown: Sequence[tuple[bool, int]]
) -> list[Line]:
    """Return the latest messages that a turn answers, oldest first, with what they reply to.

    ``keys`` name the room, the turn and how many messages at most; ``shown`` are the lines before.
    """
    lines: list[Line] = []
    for row in reversed(connection.execute(_ASKED, keys).all()):
        chain = []
        if row.reply_to_id is not None:
            chain = read_reply_chain(connection, keys["room_id"], row.reply_to_id)
        replied_to = lines_to_show(chain, shown)
        lines.append(Line(speaker=row.author_name, text=row.text, replied_to=replied_to))
    return lines


def read_reply_chain(connection: Connection, room_id: int, message_id: int) -> list[ReplyLink]:
    """Return what stands under that message id and what it replied to, newest first."""
    chain: list[ReplyLink] = []
    following: int | None = message_id
    while following is not None and len(chain) < MAX_LINKS:
        keys = {"message_id": following, "room_id": room_id}
        said = connection.execute(_MESSAGE, keys).first()
        reply = None if said else connection.execute(_REPLY, keys).first()
        if said is not None:
            line = Line(speaker=said.author_name, text=_clip(said.text))
            chain.append(ReplyLink(False, said.id, line))
            # An id only ever leads back in time, so that no chain is a circle.
            following = said.reply_to_id if (said.reply_to_id or 0) < said.id else None
        elif reply is not None:
            line = Line(speaker="Chatbot", text=_clip(reply.reply), by_chatbot=True)
            chain.append(ReplyLink(True, reply.id, line))
            following = reply.answered
        else:
            following = None
    return chain


def lines_to_show(
    chain: Sequence[ReplyLink], shown: Sequence[tuple[bool, int]]
) -> tuple[Line, ...]:
    """Return of a chain what is not plain from the lines ``shown`` before, oldest first.

    What is replied to is named even if it stands among them, unless it is the last of them.
    """
    if not chain or (shown and chain[0][:2] == shown[-1]):
        return ()
    links = [link for link in chain[1:] if link[:2] not in shown]
    return tuple(link.line for link in [*links[::-1], chain[0]])


def _clip(text: str) -> str:
    if len(text) <= MAX_LINK_CHARACTERS:
        return text
    return text[: MAX_LINK_CHARACTERS - 1].rstrip() + "…"
