"""The rows of a turn, read and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Executable,
    Row,
    bindparam,
    false,
    func,
    literal,
    select,
    union_all,
)

from bot.domain import Turn
from bot.storage.database.data_classes import NOBODY
from bot.storage.database.tables import OPEN, messages, reply_posts, turns

_LINKS: Final = union_all(
    select(
        messages.c.turn_id,
        literal(0).label("is_reply"),
        messages.c.id,
        literal(0).label("part"),
        messages.c.author_id,
        messages.c.limit_exempt,
    ).where(messages.c.turn_id.in_(bindparam("turn_ids", expanding=True))),
    select(
        reply_posts.c.turn_id,
        literal(1),
        reply_posts.c.message_id,
        reply_posts.c.part,
        literal(0),
        false(),
    ).where(reply_posts.c.turn_id.in_(bindparam("turn_ids", expanding=True))),
)

_NEW: Final = (
    "room_id", "state", "evaluation", "round", "attempts", "delivery_tries", "draft", "candidate",
    "reply", "withheld_because", "replied_at", "waits_until", "unattended", "approved",
    "retry_from", "retried", "changed_at", "version", "created_at",
)  # fmt: skip
_NUMBERED: Final = turns.alias("numbered")
_NEXT_NUMBER: Final = (
    select(func.coalesce(func.max(_NUMBERED.c.number), 0) + 1)
    .where(_NUMBERED.c.room_id == bindparam("of_room"))
    .scalar_subquery()
)
_INSERT: Final = (
    turns.insert()
    .values({name: bindparam(name, type_=turns.c[name].type) for name in _NEW})
    .values(number=_NEXT_NUMBER)
    .returning(turns.c.id, turns.c.number)
)


def put_turn(connection: Connection, turn: Turn) -> Turn:
    """Write a new turn; return it with its id, and with the next number of its room."""
    of_row = {"room_id": turn.room_id, "of_room": turn.room_id, "created_at": turn.created_at}
    row = connection.execute(_INSERT, {**values_of(turn), **of_row}).one()
    return replace(turn, id=row.id, number=row.number)


def first_turn(
    connection: Connection, query: Executable, keys: Mapping[str, object]
) -> Turn | None:
    """Return the first turn that a query finds."""
    return next(iter(find_turns(connection, query, keys)), None)


def find_turns(connection: Connection, query: Executable, keys: Mapping[str, object]) -> list[Turn]:
    """Return the turns that a query finds, in its order, each with the ids of its messages."""
    rows = connection.execute(query, keys).all()
    if not rows:
        return []
    asked: dict[int, list[Row[Any]]] = {row.id: [] for row in rows}
    replied: dict[int, list[int]] = {row.id: [] for row in rows}
    links = connection.execute(_LINKS, {"turn_ids": list(asked)})
    for link in sorted(links, key=lambda link: (link.part, link.id)):
        if link.is_reply:
            replied[link.turn_id].append(link.id)
        else:
            asked[link.turn_id].append(link)
    return [_turn(row, asked[row.id], tuple(replied[row.id])) for row in rows]


def may_reopen(connection: Connection, was: Turn) -> bool:
    """Forget the apology of a turn that is to go on after all; False if another is under way."""
    query = select(turns.c.id).where(turns.c.room_id == was.room_id, OPEN)
    if connection.scalar(query) is not None:
        return False
    connection.execute(reply_posts.delete().where(reply_posts.c.turn_id == was.id))
    return True


def people_of(authors: Iterable[tuple[int, bool]]) -> tuple[int, ...]:
    """Return whose limits a turn counts for, of the authors of its messages and if exempt."""
    counted = {author_id for author_id, exempt in authors if not exempt and author_id != NOBODY}
    return tuple(sorted(counted))


def values_of(turn: Turn) -> dict[str, object]:
    """Return the columns that change on a turn's way."""
    return {
        "state": turn.state,
        "evaluation": turn.evaluation,
        "round": turn.round,
        "attempts": turn.attempts,
        "delivery_tries": turn.delivery_tries,
        "draft": turn.draft,
        "candidate": turn.candidate,
        "reply": turn.reply,
        "withheld_because": turn.withheld_because,
        "replied_at": turn.replied_at,
        "waits_until": turn.waits_until,
        "began_at": turn.began_at,
        "unattended": turn.unattended,
        "approved": turn.approved,
        "retry_from": turn.retry_from,
        "retried": turn.retried,
        "changed_at": datetime.now(UTC),
        "version": turn.version,
    }


def _turn(row: Row[Any], asked: Sequence[Row[Any]], replied: tuple[int, ...]) -> Turn:
    return Turn(
        id=row.id,
        room_id=row.room_id,
        state=row.state,
        evaluation=row.evaluation,
        created_at=row.created_at,
        message_ids=tuple(link.id for link in asked),
        people=people_of((link.author_id, link.limit_exempt) for link in asked),
        round=row.round,
        attempts=row.attempts,
        draft=row.draft,
        candidate=row.candidate,
        reply=row.reply,
        reply_message_ids=replied,
        delivery_tries=row.delivery_tries,
        withheld_because=row.withheld_because,
        replied_at=row.replied_at,
        waits_until=row.waits_until,
        began_at=row.began_at,
        unattended=row.unattended,
        approved=row.approved,
        retry_from=row.retry_from,
        retried=row.retried,
        number=row.number,
        version=row.version,
    )
