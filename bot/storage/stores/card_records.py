"""All that is on record for a turn's score card, read in one trip to the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from bot.domain import Act, Evaluation, EvaluationState, Turn
from bot.domain.ratings import Rating, Verdict
from bot.llm.protocol import Usage
from bot.storage.database.database import Database
from bot.storage.stores.acts import acts_of
from bot.storage.stores.calls import usage_of
from bot.storage.stores.evaluations import evaluations_of, failure_of, ratings_of, verdict_of


@dataclass(frozen=True, slots=True)
class CardRecord:
    """A turn's scores and ratings, what it took, and what was done about it."""

    evaluations: list[Evaluation]
    failure: str | None
    verdict: Verdict | None
    ratings: list[Rating]
    usage: Usage
    acts: list[Act]


class CardRecordStore:
    """The records of score cards."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_turn(self, turn: Turn) -> CardRecord:
        """Return a turn's record as it is now."""

        def read(connection: Connection) -> CardRecord:
            failed = turn.evaluation is EvaluationState.FAILED
            return CardRecord(
                evaluations=evaluations_of(connection, turn.id),
                failure=failure_of(connection, turn.id) if failed else None,
                verdict=verdict_of(connection, turn.id),
                ratings=ratings_of(connection, turn.id),
                usage=usage_of(connection, turn.id),
                acts=acts_of(connection, turn.id),
            )

        await self._database.flush()
        return await self._database.fetch(read)
