"""What members say of replies, each once a reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Row, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.domain import Moderator, NewPost, PostKind, PostTo
from bot.domain.feedback import Feedback, FeedbackKind
from bot.domain.ratings import Reward
from bot.storage.database.database import Database
from bot.storage.database.member_tables import feedback
from bot.storage.database.tables import turns
from bot.storage.database.upsert import upsert
from bot.storage.stores.evaluations import put_reward
from bot.storage.stores.outbox import put_posts

SAID_TO_HURT: Final = exists().where(
    feedback.c.turn_id == turns.c.id, feedback.c.kind == FeedbackKind.HURT
)
"""The condition for turns of which a member says that the reply hurt, or was wrong."""
_AT_ONCE: Final = 500
"""Turns that one question names: a database takes so many values and no more."""


class FeedbackStore:
    """The words of members on replies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, given: Feedback, reward: Reward, *, room_id: int) -> bool:
        """Keep it in place of the person's earlier one, with its reward and the moderators' post.

        False if they said just that before: nothing is changed, and nobody is told again.
        """
        key = {"turn_id": given.turn_id, "person_id": given.by.id}
        values = {
            "person_name": given.by.name,
            "kind": given.kind,
            "words": given.words,
            "at": given.at,
        }
        async with self._database.write() as connection:
            before = await _of_person(connection, given.turn_id, given.by.id)
            if before is not None and (before.kind, before.words) == (given.kind, given.words):
                return False
            await connection.run_sync(upsert, feedback, key, values)
            await connection.run_sync(put_reward, given.turn_id, reward)
            kept = await _of_person(connection, given.turn_id, given.by.id)
            ref = None if kept is None else kept.id
            to_moderators = NewPost(
                room_id, PostTo.MODERATORS, PostKind.FEEDBACK, turn_id=given.turn_id, ref=ref
            )
            await connection.run_sync(put_posts, [to_moderators])
        return True

    async def get(self, feedback_id: int) -> Feedback | None:
        """Return one by its id; None if its author was forgotten."""
        async with self._database.read() as connection:
            query = select(feedback).where(feedback.c.id == feedback_id)
            row = (await connection.execute(query)).first()
        return None if row is None else _feedback(row)

    async def by_person(self, turn_id: int, person_id: int) -> Feedback | None:
        """Return what a person said of a turn's reply."""
        async with self._database.read() as connection:
            row = await _of_person(connection, turn_id, person_id)
        return None if row is None else _feedback(row)

    async def of_turns(self, turn_ids: Sequence[int]) -> Mapping[int, Sequence[Feedback]]:
        """Return what was said of these turns, by turn, in the order in which it was."""
        found: dict[int, list[Feedback]] = {}
        query = select(feedback).order_by(feedback.c.turn_id, feedback.c.id)
        async with self._database.read() as connection:
            # Not those between the least and the greatest: turns are counted over all servers.
            for at in range(0, len(turn_ids), _AT_ONCE):
                these = feedback.c.turn_id.in_(turn_ids[at : at + _AT_ONCE])
                for row in await connection.execute(query.where(these)):
                    found.setdefault(row.turn_id, []).append(_feedback(row))
        return {turn_id: found[turn_id] for turn_id in turn_ids if turn_id in found}


async def _of_person(
    connection: AsyncConnection, turn_id: int, person_id: int
) -> Row[*tuple[Any, ...]] | None:
    mine = (feedback.c.turn_id == turn_id, feedback.c.person_id == person_id)
    return (await connection.execute(select(feedback).where(*mine))).first()


def _feedback(row: Row[*tuple[Any, ...]]) -> Feedback:
    by = Moderator(row.person_id, row.person_name)
    return Feedback(row.turn_id, by, row.kind, row.words, row.at, row.id)
