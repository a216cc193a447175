"""The scores of drafts and replies, by the Critic and later by people, and rewards from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, bindparam, or_, select

from bot.domain import Evaluation, NewAct, NewPost, Post, Turn
from bot.domain.ratings import Rating, Reward, RewardedTurn, Verdict
from bot.storage.database.database import Database
from bot.storage.database.moderation_tables import ratings, rewards, verdicts
from bot.storage.database.tables import evaluations, scores, turns
from bot.storage.database.upsert import upsert
from bot.storage.stores.acts import put_act
from bot.storage.stores.conversations import RELEASED_AFTER
from bot.storage.stores.outbox import Outbox, put_posts
from bot.storage.stores.score_rows import evaluation_of, put_evaluations
from bot.storage.stores.score_sums import put_in, take_out
from bot.storage.stores.turn_history import rating_of
from bot.storage.stores.turns import StaleTurn

_FINISH: Final = (
    turns.update()
    .where(turns.c.id == bindparam("turn_id"), turns.c.version == bindparam("was_version"))
    .values(
        version=turns.c.version + 1,
        evaluation=bindparam("now_evaluation"),
        evaluation_failure=bindparam("failure"),
        digest_due=bindparam("in_digest"),
    )
)
_OF_TURN: Final = (
    select(evaluations, scores.c.scale, scores.c.value, scores.c.spread)
    .outerjoin(scores, scores.c.evaluation_id == evaluations.c.id)
    .where(evaluations.c.turn_id == bindparam("turn_id"))
    .order_by(evaluations.c.id, scores.c.scale)
)
_INSERT_VERDICT: Final = verdicts.insert()
_INSERT_REWARD: Final = rewards.insert()
_CHANGE_REWARD: Final = rewards.update().where(
    rewards.c.turn_id == bindparam("for_turn"), rewards.c.source == bindparam("of_source")
)
_FAILURE: Final = select(turns.c.evaluation_failure).where(turns.c.id == bindparam("turn_id"))
_VERDICT: Final = select(verdicts).where(verdicts.c.turn_id == bindparam("turn_id"))
_RATINGS: Final = (
    select(ratings)
    .where(ratings.c.turn_id == bindparam("turn_id"))
    .order_by(ratings.c.turn_id, ratings.c.person_id)
)
_REWARDS: Final = (
    select(rewards).where(rewards.c.turn_id == bindparam("turn_id")).order_by(rewards.c.id)
)
# What is said in a channel once it is let go, such as in another simulation, is another talk.
_TURNS_FROM: Final = (
    select(turns.c.id, turns.c.created_at)
    .where(
        turns.c.room_id == bindparam("room_id"),
        turns.c.id >= bindparam("turn_id"),
        or_(turns.c.id <= RELEASED_AFTER, bindparam("turn_id") > RELEASED_AFTER),
    )
    .order_by(turns.c.id)
    .limit(bindparam("most"))
)
_REWARDS_OF: Final = (
    select(rewards)
    .where(rewards.c.turn_id.in_(bindparam("turn_ids", expanding=True)))
    .order_by(rewards.c.id)
)


class EvaluationStore:
    """The turns' scores, verdicts, ratings and rewards."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def finish(
        self,
        turn: Turn,
        *,
        was: Turn,
        evaluations: Sequence[Evaluation] = (),
        failure: str | None = None,
        verdict: Verdict | None = None,
        reward: Reward | None = None,
        first: bool = False,
        in_digest: bool = False,
        posts: Sequence[NewPost] = (),
    ) -> None:
        """Write how a turn was scored, or why it could not be, with the card that shows it.

        ``first``: it was never scored before, and has no reward. ``in_digest``: moderators are
        told of it in the next digest. All or nothing.
        Raises StaleTurn if the stored turn is not at the version of ``was``.
        """
        change = {
            "turn_id": turn.id,
            "was_version": was.version,
            "now_evaluation": turn.evaluation,
            "failure": failure,
            "in_digest": in_digest,
        }

        def write(connection: Connection) -> list[Post]:
            take_out(connection, was)
            if connection.execute(_FINISH, change).rowcount != 1:
                raise StaleTurn(f"turn {turn.id}: it is not {was.evaluation.value} any more")
            put_evaluations(connection, evaluations)
            put_in(connection, turn, evaluations)
            if verdict is not None:
                row = {"turn_id": turn.id, **verdict.model_dump()}
                connection.execute(_INSERT_VERDICT, row)
            put_reward(connection, turn.id, reward, first=first)
            return put_posts(connection, posts)

        self._outbox.announce(turn.room_id, await self._database.transact(write))

    async def of_turn(self, turn_id: int) -> list[Evaluation]:
        """Return a turn's evaluations, in the order in which they were given."""
        return await self._database.fetch(partial(evaluations_of, turn_id=turn_id))

    async def failure_of(self, turn_id: int) -> str | None:
        """Return why a turn could not be scored; None if it could, or is not yet."""
        return await self._database.fetch(partial(failure_of, turn_id=turn_id))

    async def verdict_of(self, turn_id: int) -> Verdict | None:
        """Return whether the Critic found a turn safe, ethical and good; None if it did not say."""
        return await self._database.fetch(partial(verdict_of, turn_id=turn_id))

    async def rate(self, rating: Rating, reward: Reward | None, act: NewAct) -> None:
        """Keep a person's rating of a turn, in place of an earlier one, with its reward."""
        key = {"turn_id": rating.turn_id, "person_id": rating.by.id}
        values = {
            "person_name": rating.by.name,
            "kind": rating.kind,
            "scores": rating.values,
            "why": rating.why,
            "at": rating.at,
        }
        async with self._database.write() as connection:
            await connection.run_sync(upsert, ratings, key, values)
            await connection.run_sync(put_reward, rating.turn_id, reward)
            await connection.run_sync(put_act, act)

    async def withdraw(self, turn_id: int, person_id: int, act: NewAct) -> bool:
        """Drop a person's rating of a turn and its reward; return False if there is none."""
        theirs = (ratings.c.turn_id == turn_id, ratings.c.person_id == person_id)
        source = (rewards.c.turn_id == turn_id, rewards.c.source == f"person {person_id}")
        async with self._database.write() as connection:
            gone = await connection.execute(ratings.delete().where(*theirs))
            if gone.rowcount:
                await connection.execute(rewards.delete().where(*source))
                await connection.run_sync(put_act, act)
        return bool(gone.rowcount)

    async def ratings_of(self, turn_id: int) -> list[Rating]:
        """Return people's ratings of a turn, one a person."""
        return await self._database.fetch(partial(ratings_of, turn_id=turn_id))

    async def reward(self, turn_id: int, reward: Reward) -> None:
        """Give a turn a reward, in place of an earlier one of that source."""
        async with self._database.write() as connection:
            await connection.run_sync(put_reward, turn_id, reward)

    async def rewards_of(self, turn_id: int) -> list[Reward]:
        """Return a turn's rewards, one a source."""
        async with self._database.read() as connection:
            rows = await connection.execute(_REWARDS, {"turn_id": turn_id})
            return [Reward(row.source, row.value, row.reason) for row in rows]

    async def rewards_from(self, turn: Turn, most: int) -> list[RewardedTurn]:
        """Return a turn and those after it in its room, in order, with the rewards of each.

        At most ``most`` of them, and none from after the room was let go.
        """
        keys = {"room_id": turn.room_id, "turn_id": turn.id, "most": most}

        def read(connection: Connection) -> list[RewardedTurn]:
            began = connection.execute(_TURNS_FROM, keys).all()
            found: dict[int, list[Reward]] = {row.id: [] for row in began}
            for row in connection.execute(_REWARDS_OF, {"turn_ids": [*found]}):
                found[row.turn_id].append(Reward(row.source, row.value, row.reason))
            return [RewardedTurn(row.id, row.created_at, found[row.id]) for row in began]

        return await self._database.fetch(read)


def put_reward(
    connection: Connection, turn_id: int, reward: Reward | None, *, first: bool = False
) -> None:
    """Write a reward within a wider transaction, in place of the source's earlier one.

    ``first``: there is none to look for.
    """
    if reward is None:
        return
    values = {"value": reward.value, "reason": reward.reason, "at": datetime.now(UTC)}
    key = {"for_turn": turn_id, "of_source": reward.source}
    if first or connection.execute(_CHANGE_REWARD, {**key, **values}).rowcount == 0:
        of_row = {"turn_id": turn_id, "source": reward.source}
        connection.execute(_INSERT_REWARD, {**of_row, **values})


def evaluations_of(connection: Connection, turn_id: int) -> list[Evaluation]:
    """Return a turn's evaluations, in the order in which they were given."""
    rows = connection.execute(_OF_TURN, {"turn_id": turn_id}).all()
    return [evaluation_of(list(scales)) for _, scales in groupby(rows, key=lambda row: row.id)]


def failure_of(connection: Connection, turn_id: int) -> str | None:
    """Return why a turn could not be scored; None if it could, or is not yet."""
    failure: str | None = connection.scalar(_FAILURE, {"turn_id": turn_id})
    return failure


def verdict_of(connection: Connection, turn_id: int) -> Verdict | None:
    """Return whether the Critic found a turn safe, ethical and good; None if it did not say."""
    row = connection.execute(_VERDICT, {"turn_id": turn_id}).mappings().first()
    if row is None:
        return None
    return Verdict.model_validate({name: row[name] for name in Verdict.model_fields})


def ratings_of(connection: Connection, turn_id: int) -> list[Rating]:
    """Return people's ratings of a turn, one a person."""
    return [rating_of(row) for row in connection.execute(_RATINGS, {"turn_id": turn_id})]
