"""What a turn answers and what was said before it, read from messages and replies."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from bot.domain import Conversation, Line, Turn
from bot.domain.limits import SetAsideReason
from bot.storage.database.tables import REPLIED, SAID, messages, rooms, turns
from bot.storage.stores.reply_chains import read_asked_lines

MAX_LINES: Final = 30
"""Lines that come before what is asked: some ten turns back, if one person talks."""
MAX_CHARACTERS: Final = 6000
"""About 1,500 tokens of English, so that a model with 4,096 has room for prompt and answer."""

_NOT_HEARD: Final = (SetAsideReason.PAUSE, SetAsideReason.CONTEXT)
"""Set aside, and in no talk but where somebody replies to it."""
# What was said in a channel before it was let go, such as in a simulation, is nobody's to hear.
RELEASED_AFTER: Final = func.coalesce(
    select(rooms.c.released_after_turn_id)
    .where(rooms.c.id == bindparam("room_id"))
    .scalar_subquery(),
    0,
)
# Turns of a room are numbered in order, so that "earlier" is the same for a running turn and for
# one that is looked at again later. What is set aside over a limit belongs to no turn.
_EARLIER_MESSAGES: Final = (
    select(messages.c.author_name, messages.c.text, messages.c.sent_at, messages.c.id)
    .where(
        messages.c.room_id == bindparam("room_id"),
        or_(
            and_(messages.c.turn_id < bindparam("turn_id"), messages.c.turn_id > RELEASED_AFTER),
            and_(
                messages.c.turn_id.is_(None),
                messages.c.set_aside_reason.not_in(_NOT_HEARD),
                messages.c.id < bindparam("newest"),
            ),
        ),
    )
    .where(SAID, messages.c.id <= bindparam("latest"))
    .order_by(messages.c.id.desc())
    .limit(bindparam("most"))
)
# Messages have Discord's time and turns the host's, which may be an hour off.
_ASKED_AT: Final = (
    select(func.max(messages.c.sent_at))
    .where(messages.c.turn_id == turns.c.id, messages.c.room_id == turns.c.room_id)
    .correlate(turns)
    .scalar_subquery()
    .label("asked_at")
)
_EARLIER_REPLIES: Final = (
    select(turns.c.reply, turns.c.replied_at, turns.c.created_at, turns.c.id, _ASKED_AT)
    .where(
        turns.c.room_id == bindparam("room_id"),
        turns.c.id < bindparam("turn_id"),
        turns.c.id > RELEASED_AFTER,
        REPLIED,
    )
    .order_by(turns.c.id.desc())
    .limit(bindparam("most"))
)


_APART: Final = timedelta(days=1)
"""What Discord's clock and the host's differ by at most. A message of before a turn is not newer:
whoever looks back from an old turn steps over nothing that was said since."""
_DISCORD_BEGAN: Final = datetime(2015, 1, 1, tzinfo=UTC)
_ID_BITS: Final = 22
"""Of an id of Discord's, below the milliseconds since then."""


class _DatedLine(NamedTuple):
    """A line with what it is ordered by; at one moment the reply comes after the message."""

    at: datetime
    by_chatbot: bool
    id: int
    line: Line


def conversation_of(
    connection: Connection, turn: Turn, max_lines: int, max_characters: int
) -> Conversation:
    """Return what a turn answers and what was said before it; see `MessageStore.conversation`."""
    keys = {"room_id": turn.room_id, "turn_id": turn.id, "most": max_lines}
    newest = max(turn.message_ids, default=0)
    before = {**keys, "newest": newest, "latest": max(newest, _id_of(turn.created_at + _APART))}
    earlier = _said_before(connection, before) if max_lines > 0 else []
    lines = _newest_within([dated.line for dated in earlier], max_lines, max_characters)
    shown = [(dated.by_chatbot, dated.id) for dated in earlier[len(earlier) - len(lines) :]]
    asked = read_asked_lines(connection, {**keys, "most": max(max_lines, 1)}, shown)
    latest = _newest_within(asked, max(max_lines, 1), max_characters) or asked[-1:]
    return Conversation(lines=tuple(lines), asked=tuple(latest))


def asked_in(connection: Connection, turn: Turn) -> Conversation:
    """Return what a turn answers, within a wider look."""
    keys = {"room_id": turn.room_id, "turn_id": turn.id, "most": MAX_LINES}
    asked = read_asked_lines(connection, keys, ())
    latest = _newest_within(asked, MAX_LINES, MAX_CHARACTERS) or asked[-1:]
    return Conversation(lines=(), asked=tuple(latest))


def _said_before(connection: Connection, keys: dict[str, int]) -> list[_DatedLine]:
    """Return the newest messages and replies before a turn, oldest first."""
    people = connection.execute(_EARLIER_MESSAGES, keys)
    dated = [_DatedLine(row.sent_at, False, row.id, _line(row)) for row in people]
    replies = connection.execute(_EARLIER_REPLIES, keys).all()
    latest: datetime | None = None
    for row in reversed(replies):
        # By the host's clock no more than how long it took is known.
        at = row.replied_at
        if row.asked_at is not None:
            at = row.asked_at + max(timedelta(), row.replied_at - row.created_at)
        at = latest = at if latest is None else max(at, latest)  # turns end in their order
        line = Line(speaker="Chatbot", text=row.reply, by_chatbot=True)
        dated.append(_DatedLine(at, True, row.id, line))
    return sorted(dated, key=lambda line: line[:3])


def _id_of(moment: datetime) -> int:
    """Return the id that Discord would give a message at that moment."""
    return int((moment - _DISCORD_BEGAN).total_seconds() * 1000) << _ID_BITS


def _line(row: Row[*tuple[Any, ...]]) -> Line:
    return Line(speaker=row.author_name, text=row.text)


def _newest_within(lines: Sequence[Line], most: int, characters: int) -> list[Line]:
    """Return the longest end of ``lines`` that keeps both bounds."""
    newest: list[Line] = []
    for line in reversed(lines):
        characters -= len(line.text)
        if len(newest) == most or characters < 0:
            break
        newest.append(line)
    return newest[::-1]
