"""The end of what was said: words and names go, figures stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Table, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import EvaluationState, PostTo, RoomSettings, TurnState
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.data_classes import (
    CLASSES,
    NOBODY,
    ROWS_OF_TURN,
    SOMEONE,
    Holds,
    Retention,
    tables_with,
)
from bot.storage.database.database import Database
from bot.storage.database.member_tables import feedback
from bot.storage.database.moderation_tables import guidance, ratings, rewards
from bot.storage.database.notice_tables import away_notices
from bot.storage.database.record_tables import acts
from bot.storage.database.tables import (
    ASIDE,
    SAID,
    TOLD,
    messages,
    metadata,
    outbox,
    rooms,
    turns,
)
from bot.storage.stores.privacy.erased_words import emptied, redact

_LAST_ID: Final = 2**63 - 1
AT_ONCE: Final = 100
"""Turns in one transaction: some milliseconds, for which a reply may have to wait."""
MOST_COUNTED: Final = 2_000
"""Messages of which the authors are counted: some thousandths of a second."""

_FIRST_YOUNG: Final = (
    select(turns.c.id)
    .where(
        turns.c.room_id == bindparam("room_id"),
        turns.c.created_at >= bindparam("before", type_=UtcDateTime),
    )
    .order_by(turns.c.created_at, turns.c.id)
    .limit(1)
    .scalar_subquery()
)
_OVER: Final = and_(
    turns.c.state.in_((TurnState.SENT, TurnState.WITHHELD, TurnState.HELPED)),
    turns.c.evaluation != EvaluationState.PENDING,
)
_OLD_TURNS: Final = (
    select(turns.c.id)
    .where(
        turns.c.room_id == bindparam("room_id"),
        turns.c.id > bindparam("after"),
        # Turns are numbered as they begin: where none is old, none of the others is looked at.
        turns.c.id < func.coalesce(_FIRST_YOUNG, _LAST_ID),
        turns.c.created_at < bindparam("before", type_=UtcDateTime),
        _OVER,
    )
    .order_by(turns.c.id)
    .limit(AT_ONCE)
)
# A turn that was read to be old may have been opened again meanwhile.
_STILL_OVER: Final = select(turns.c.id).where(
    turns.c.id.in_(bindparam("turn_ids", expanding=True)), _OVER
)
_FIRST_SAID: Final = (
    select(turns.c.number)
    .join(messages, messages.c.turn_id == turns.c.id)
    .where(messages.c.room_id == bindparam("room_id"), SAID)
    .order_by(messages.c.id)
    .limit(1)
    .scalar_subquery()
)
_LAST_OLD: Final = (
    select(turns.c.number)
    .where(
        turns.c.room_id == bindparam("room_id"),
        turns.c.created_at < bindparam("before", type_=UtcDateTime),
    )
    .order_by(turns.c.created_at.desc(), turns.c.id.desc())
    .limit(1)
    .scalar_subquery()
)
# A room's turns are numbered without gaps, as they begin. What is older than the first that is
# known is forgotten already.
_COUNT_TURNS: Final = select(_LAST_OLD - _FIRST_SAID + 1)
_OLD_AUTHORS: Final = (
    select(messages.c.author_id)
    .where(
        messages.c.room_id == bindparam("room_id"),
        SAID,
        messages.c.sent_at < bindparam("before", type_=UtcDateTime),
    )
    .order_by(messages.c.id)
    .limit(MOST_COUNTED)
    .subquery()
)
_COUNT_PEOPLE: Final = select(
    func.count().label("messages"), func.count(_OLD_AUTHORS.c.author_id.distinct()).label("people")
)
_OLD_ASIDE: Final = (
    select(messages.c.id)
    .where(
        messages.c.room_id == bindparam("room_id"),
        ASIDE,
        messages.c.set_aside_at.is_not(None),
        messages.c.sent_at < bindparam("before", type_=UtcDateTime),
    )
    .limit(AT_ONCE)
)
# The row stays: its id tells that it was heard, and what was said is in no other column.
_UNSAID: Final = {
    name: data_class.empty
    for name, data_class in CLASSES["messages"].items()
    if data_class.retained is Retention.TURN
}
_GUILD: Final = select(rooms.c.guild_id).where(rooms.c.id == bindparam("of_room"))
_KEPT_DETAILS: Final = ("rating", "persona", "chatbot", *RoomSettings.model_fields)
"""Details of acts that are no words of people: settings, but those that somebody writes."""
_WRITTEN_DETAILS: Final = ("norms", "paused_answer", "alert_words")


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The counts of one transaction. ``after`` is where the next goes on; None if none is left."""

    turns: int
    messages: int
    after: int | None


@dataclass(frozen=True, slots=True)
class OldWords:
    """The turns whose words would be forgotten, and the people who said something in them."""

    turns: int
    people: int
    and_more: bool = False
    """Whether people beyond the first `MOST_COUNTED` messages may come to these."""


class RetentionStore:
    """The way of people's and agents' words out of the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, room_id: int, before: datetime) -> OldWords:
        """Return what `forget` would find in the room's turns from before that moment."""
        keys = {"room_id": room_id, "before": before}
        async with self._database.read() as connection:
            count = await connection.scalar(_COUNT_TURNS, keys)
            said = (await connection.execute(_COUNT_PEOPLE, keys)).one()
        return OldWords(max(count or 0, 0), said.people, and_more=said.messages >= MOST_COUNTED)

    async def forget(self, room_id: int, before: datetime, *, after: int = 0) -> Forgotten:
        """Forget what the room's turns from before that moment say: a number of them at most.

        Turns up to ``after`` are passed over. What waits for an answer or a score is kept until
        it has it.
        """
        keys = {"room_id": room_id, "before": before}
        async with self._database.read() as connection:  # nobody waits for a look
            old = list(await connection.scalars(_OLD_TURNS, {**keys, "after": after}))
            aside = list(await connection.scalars(_OLD_ASIDE, keys))
            # What is about no turn is seen to once.
            acts_to_empty = [] if after else await _acts_to_empty(connection, room_id, before)
        async with self._database.write() as connection:
            if old:
                over = list(await connection.scalars(_STILL_OVER, {"turn_ids": old}))
                await _forget_turns(connection, over)
            if aside:
                await connection.execute(
                    messages.update().where(messages.c.id.in_(aside)).values(_UNSAID)
                )
            if not after:
                await _forget_old_rows(connection, room_id, before)
            for act_id, details in acts_to_empty:
                values = {"reason": "", "details": details}
                await connection.execute(acts.update().where(acts.c.id == act_id).values(values))
        full = AT_ONCE in (len(old), len(aside))
        if not full:
            await self._database.empty_log()
        return Forgotten(len(old), len(aside), max([after, *old]) if full else None)


async def _forget_turns(connection: AsyncConnection, ids: Sequence[int]) -> None:
    await connection.execute(messages.update().where(messages.c.turn_id.in_(ids)).values(_UNSAID))
    for table, empties in tables_with(holds=Holds.WORDS, retained=Retention.TURN):
        of_turn = turns.c.id if table is turns else table.c.turn_id
        if table.name in ROWS_OF_TURN:
            await connection.execute(table.delete().where(of_turn.in_(ids)))
        elif table is not messages:
            await connection.execute(table.update().where(of_turn.in_(ids)).values(empties))
    # What one would be tried again with is gone.
    await connection.execute(turns.update().where(turns.c.id.in_(ids)).values(retry_from=None))
    await connection.execute(away_notices.delete().where(away_notices.c.turn_id.in_(ids)))
    await _unsign_opinions(connection, ratings, "person", ids)
    await _unsign_opinions(connection, feedback, "member", ids)


async def _unsign_opinions(
    connection: AsyncConnection, opinions: Table, source: str, turn_ids: Sequence[int]
) -> None:
    """Put numbers in the place of the people who rated a turn: what they rated counts on.

    ``source`` is what their rewards are signed with before the person's id.
    """
    query = select(opinions.c.turn_id, opinions.c.person_id).where(
        opinions.c.turn_id.in_(turn_ids), opinions.c.person_id > NOBODY
    )
    rows = await connection.execute(query.order_by(opinions.c.turn_id, opinions.c.at))
    # Those of earlier days have numbers already: whoever comes late goes on below them.
    taken = (
        select(opinions.c.turn_id, func.min(opinions.c.person_id).label("lowest"))
        .where(opinions.c.turn_id.in_(turn_ids), opinions.c.person_id < NOBODY)
        .group_by(opinions.c.turn_id)
    )
    found = await connection.execute(taken)
    numbers: dict[int, int] = {row.turn_id: row.lowest for row in found}
    for turn_id, person_id in rows.all():
        number = numbers[turn_id] = numbers.get(turn_id, 0) - 1
        rated = (opinions.c.turn_id == turn_id, opinions.c.person_id == person_id)
        values = {"person_id": number, "person_name": SOMEONE}
        await connection.execute(opinions.update().where(*rated).values(values))
        signed = f"{source} {person_id}"
        of_person = (rewards.c.turn_id == turn_id, rewards.c.source == signed)
        change = rewards.update().where(*of_person).values(source=f"{source} {number}")
        await connection.execute(change)


async def _forget_old_rows(connection: AsyncConnection, room_id: int, before: datetime) -> None:
    """Empty the words of old acts, guidance and notices; who did what and when stays on record."""
    ended = or_(guidance.c.turns_left <= 0, guidance.c.withdrawn)
    old = and_(guidance.c.room_id == room_id, guidance.c.created_at < before, ended)
    values = {
        name: data_class.empty
        for name, data_class in CLASSES["guidance"].items()
        if data_class.retained is Retention.AGE
    }
    await connection.execute(guidance.update().where(old).values(values))
    notices = and_(
        TOLD,
        outbox.c.room_id == room_id,
        outbox.c.done_at < before,
        outbox.c.place != PostTo.ERASURE,
    )
    await connection.execute(outbox.update().where(notices).values(text="", error=None))
    crises = metadata.tables.get("crises")
    if crises is not None:
        aged = and_(
            crises.c.room_id == room_id,
            crises.c.created_at < before,
            crises.c.author_id != NOBODY,
        )
        unsigned = {"author_id": NOBODY, "author_name": SOMEONE}
        await connection.execute(crises.update().where(aged).values(unsigned))


async def _acts_to_empty(
    connection: AsyncConnection, room_id: int, before: datetime
) -> list[tuple[int, object]]:
    """Return the old acts with words, in a room and in the whole server, with what they keep."""
    query = select(acts.c.id, acts.c.reason, acts.c.details).where(
        acts.c.guild_id == _GUILD.scalar_subquery(),
        or_(acts.c.room_id == room_id, acts.c.room_id.is_(None)),
        acts.c.at < before,
    )
    kept = [name for name in _KEPT_DETAILS if name not in _WRITTEN_DETAILS]
    found = []
    for row in await connection.execute(query, {"of_room": room_id}):
        details = redact(row.details, emptied, kept)
        if row.reason or details != row.details:
            found.append((row.id, details))
    return found
