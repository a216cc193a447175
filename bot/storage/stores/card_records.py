"""All that is on record for a turn's score card, read in one trip to the database."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, exists, select

from bot.domain import (
    Act,
    Conversation,
    Evaluation,
    EvaluationState,
    Guidance,
    PostKind,
    Turn,
    Utterance,
)
from bot.domain.ratings import Rating, Verdict
from bot.llm.protocol import Usage
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import ratings
from bot.storage.database.record_tables import acts
from bot.storage.stores.acts import acts_of
from bot.storage.stores.conversations import MAX_CHARACTERS, MAX_LINES, conversation_of
from bot.storage.stores.evaluations import evaluations_of, failure_of, ratings_of, verdict_of
from bot.storage.stores.guidance import heard_in
from bot.storage.stores.outbox import was_put
from bot.storage.stores.turn_usage import usage_of
from bot.storage.stores.utterances import utterances_of

# Of most turns there is neither when their card is shown for the first time.
_HAS: Final = select(
    exists().where(ratings.c.turn_id == bindparam("turn_id")).label("ratings"),
    exists().where(acts.c.turn_id == bindparam("turn_id")).label("acts"),
)


@dataclass(frozen=True, slots=True)
class SaidRecord:
    """What a turn answers, and what was said about its draft before it went out."""

    conversation: Conversation
    session: tuple[Utterance, ...]
    heard: tuple[Guidance, ...] = ()
    """Moderators' guidance that took part."""
    held: bool = False
    """Whether it was ever held for a moderator."""


@dataclass(frozen=True, slots=True)
class ScoredRecord:
    """What the Critic, and whoever else rated it by numbers, made of a turn."""

    evaluations: list[Evaluation]
    failure: str | None
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class CardRecord:
    """What was said and scored in a turn, its ratings, what it took, what was done about it."""

    said: SaidRecord
    scored: ScoredRecord
    ratings: list[Rating]
    usage: Usage
    acts: list[Act]


class CardRecordStore:
    """The records of score cards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_turn(
        self,
        turn: Turn,
        said: SaidRecord | None = None,
        scored: ScoredRecord | None = None,
        usage: Usage | None = None,
    ) -> CardRecord:
        """Return a turn's record as it is now; what is given is known already."""

        def read(connection: Connection) -> CardRecord:
            has = connection.execute(_HAS, {"turn_id": turn.id}).one()
            return CardRecord(
                said=said or _said(connection, turn),
                scored=scored or _scored(connection, turn),
                ratings=ratings_of(connection, turn.id) if has.ratings else [],
                usage=usage or usage_of(connection, turn.id),
                acts=acts_of(connection, turn.id) if has.acts else [],
            )

        if usage is None:
            await self._database.flush()
        return await self._database.fetch(read)

    async def said(self, turn: Turn) -> SaidRecord:
        """Return what was said in a turn."""
        return await self._database.fetch(lambda connection: _said(connection, turn))


def _said(connection: Connection, turn: Turn) -> SaidRecord:
    return SaidRecord(
        conversation=conversation_of(connection, turn, MAX_LINES, MAX_CHARACTERS),
        session=utterances_of(connection, turn.id),
        heard=heard_in(connection, turn.id),
        held=was_put(connection, turn.id, PostKind.GATE),
    )


def _scored(connection: Connection, turn: Turn) -> ScoredRecord:
    failed = turn.evaluation is EvaluationState.FAILED
    return ScoredRecord(
        evaluations=evaluations_of(connection, turn.id),
        failure=failure_of(connection, turn.id) if failed else None,
        verdict=verdict_of(connection, turn.id),
    )
