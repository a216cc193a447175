"""All that a turn's first step has to know from the record, read in one trip to the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, bindparam, exists, select

from bot.domain import Conversation, Turn, TurnState, Utterance
from bot.domain.memory import LATELY, SessionMemory
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.crisis_tables import crises
from bot.storage.database.database import Database
from bot.storage.database.therapy_tables import memories
from bot.storage.stores.conversations import MAX_CHARACTERS, MAX_LINES, conversation_of
from bot.storage.stores.crises import WHOLE_EVERY, help_given_in
from bot.storage.stores.guidance import heard_ids
from bot.storage.stores.memories import memories_of
from bot.storage.stores.utterances import utterances_of

# Few rooms remember anything, and fewer had a crisis in the last hour: one look for both.
_ROOM_HAS: Final = select(
    exists()
    .where(
        memories.c.room_id == bindparam("room_id"),
        memories.c.at >= bindparam("lately", type_=UtcDateTime),
    )
    .label("memories"),
    exists()
    .where(
        crises.c.room_id == bindparam("room_id"),
        crises.c.created_at > bindparam("an_hour_ago", type_=UtcDateTime),
    )
    .label("crises"),
)


@dataclass(frozen=True, slots=True)
class TurnInputs:
    """What a turn answers, what was said in its session so far, and what its room remembers."""

    conversation: Conversation
    session: tuple[Utterance, ...]
    heard: frozenset[int]
    """The ids of guidance that took part."""
    remembered: Sequence[SessionMemory]
    help_given: bool
    """Whether the next draft has to know of a crisis."""


class TurnInputStore:
    """The reader of what turns begin with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_turn(self, turn: Turn) -> TurnInputs:
        """Return what is on record for a turn's next step."""

        def read(connection: Connection) -> TurnInputs:
            now = datetime.now(UTC)
            begun = turn.round > 0  # before, nobody has said or heard anything
            keys = {"lately": now - LATELY, "an_hour_ago": now - WHOLE_EVERY}
            has = connection.execute(_ROOM_HAS, {"room_id": turn.room_id, **keys}).one()
            asks = has.crises and turn.state is TurnState.CLAIMED
            return TurnInputs(
                conversation=conversation_of(connection, turn, MAX_LINES, MAX_CHARACTERS),
                session=utterances_of(connection, turn.id) if begun else (),
                heard=heard_ids(connection, turn.id) if begun else frozenset(),
                remembered=memories_of(connection, turn.room_id) if has.memories else (),
                help_given=asks and help_given_in(connection, turn.room_id) is not None,
            )

        return await self._database.fetch(read)
