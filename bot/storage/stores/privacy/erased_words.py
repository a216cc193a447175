"""The words of whole turns, taken out of every table that the classification names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import EvaluationState, NewPost, PostKind, PostTo, TurnState
from bot.storage.database.data_classes import (
    CLASSES,
    NOBODY,
    ROWS_OF_TURN,
    SOMEONE,
    Forgetting,
    Holds,
    tables_with,
)
from bot.storage.database.record_tables import acts
from bot.storage.database.tables import OPEN, TO_EVALUATE, messages, turns
from bot.storage.stores.outbox import put_posts

GONE: Final[str] = CLASSES["messages"]["text"].empty
"""The text in the place of what is forgotten."""
NO_IDS: Final = ("message_ids",)
"""Details of acts that are ids of messages."""


async def close_and_empty(
    connection: AsyncConnection, turn_ids: Sequence[int], message_ids: Sequence[int] = ()
) -> None:
    """Close and empty these turns, and take these messages out of the table."""
    closed = await close_open_turns(connection, turn_ids)
    await empty_turns(connection, turn_ids)
    await mark_closed(connection, closed)
    await drop_messages(connection, message_ids)
    await fill_empty_turns(connection, turn_ids)


async def empty_turns(connection: AsyncConnection, turn_ids: Sequence[int]) -> None:
    """Empty every column with words of these turns; figures stay. Messages are not touched."""
    for table, empties in tables_with(holds=Holds.WORDS, forgotten=Forgetting.TURN):
        of_turn = turns.c.id if table is turns else table.c.turn_id
        if table.name in ROWS_OF_TURN:
            await connection.execute(table.delete().where(of_turn.in_(turn_ids)))
        else:
            await connection.execute(table.update().where(of_turn.in_(turn_ids)).values(empties))
    # What one would be tried again with is gone.
    emptied_turns = turns.update().where(turns.c.id.in_(turn_ids))
    await connection.execute(emptied_turns.values(retry_from=None))
    about = select(acts.c.id, acts.c.details).where(acts.c.turn_id.in_(turn_ids))
    for row in (await connection.execute(about)).all():
        values = {"reason": "", "details": redact(row.details, emptied, ids=True)}
        await connection.execute(acts.update().where(acts.c.id == row.id).values(values))
    await connection.execute(
        turns.update()
        .where(turns.c.id.in_(turn_ids), TO_EVALUATE)
        .values(
            evaluation=EvaluationState.FAILED,
            evaluation_failure=GONE,
            version=turns.c.version + 1,
        )
    )


async def close_open_turns(connection: AsyncConnection, turn_ids: Sequence[int]) -> list[int]:
    """Close those of the turns that are on their way, without a word; return which they were.

    Whoever works on one holds an old version of it, and cannot save. Messages of other people in
    it wait for a turn again; `drop_messages` takes those that are forgotten.
    """
    query = select(turns.c.id, turns.c.room_id).where(turns.c.id.in_(turn_ids), OPEN)
    rows = (await connection.execute(query)).all()
    closed = [row.id for row in rows]
    if not closed:
        return []
    await connection.execute(
        turns.update()
        .where(turns.c.id.in_(closed))
        .values(
            state=TurnState.WITHHELD,
            evaluation=EvaluationState.FAILED,
            waits_until=None,
            version=turns.c.version + 1,
        )
    )
    await connection.execute(
        messages.update().where(messages.c.turn_id.in_(closed)).values(turn_id=None)
    )
    cards = [NewPost(row.room_id, PostTo.MODERATORS, PostKind.CARD, turn_id=row.id) for row in rows]
    await connection.run_sync(put_posts, cards)
    return closed


async def mark_closed(connection: AsyncConnection, turn_ids: Sequence[int]) -> None:
    """Say in turns that were closed, and are emptied by now, why there was no reply."""
    values = {"withheld_because": GONE, "evaluation_failure": GONE}
    await connection.execute(turns.update().where(turns.c.id.in_(turn_ids)).values(values))


async def drop_messages(connection: AsyncConnection, message_ids: Sequence[int]) -> None:
    """Delete messages, and all that Discord knows them by."""
    replies = messages.c.reply_to_id.in_(message_ids)
    await connection.execute(messages.update().where(replies).values(reply_to_id=None))
    await connection.execute(messages.delete().where(messages.c.id.in_(message_ids)))


async def fill_empty_turns(connection: AsyncConnection, turn_ids: Sequence[int]) -> None:
    """Put a message of nobody's into each turn that has none left: a turn answers something."""
    asked = select(messages.c.turn_id).where(messages.c.turn_id.in_(turn_ids))
    query = select(turns.c.id, turns.c.room_id, turns.c.created_at).where(
        turns.c.id.in_(turn_ids), turns.c.id.not_in(asked)
    )
    for row in (await connection.execute(query)).all():
        values = {
            "id": -row.id,  # no message of Discord's has it
            "room_id": row.room_id,
            "turn_id": row.id,
            "author_id": NOBODY,
            "author_name": SOMEONE,
            "text": GONE,
            "sent_at": row.created_at,
        }
        await connection.execute(messages.insert().values(values))


def emptied(_: str) -> str:
    """Return nothing, whatever the text."""
    return ""


def redact(
    value: Any, change: Callable[[str], str], kept: Collection[str] = (), *, ids: bool = False
) -> Any:
    """Return an act's details with every text as ``change`` makes it.

    Values under a name in ``kept`` stay; with ``ids`` those of messages go.
    """
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            name: ([] if ids else inner)
            if name in NO_IDS
            else (inner if name in kept else redact(inner, change, kept, ids=ids))
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [redact(inner, change, kept, ids=ids) for inner in value]
    return value
