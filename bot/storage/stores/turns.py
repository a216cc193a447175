"""The turns: each step of one is written before the next begins."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, exists, false, func, not_, or_, select

from bot.domain import (
    Act,
    Evaluation,
    NewAct,
    NewPost,
    Post,
    Turn,
    TurnState,
    Utterance,
)
from bot.domain.crisis import NewCrisis
from bot.domain.transitions import check_transition
from bot.errors import FourRoomsError
from bot.storage.database.column_types import UtcDateTime
from bot.storage.database.database import Database
from bot.storage.database.tables import OPEN, TO_EVALUATE, messages, reply_posts, rooms, turns
from bot.storage.stores.acts import put_act
from bot.storage.stores.crises import open_crisis
from bot.storage.stores.guidance import GuidanceStore, note_heard
from bot.storage.stores.messages import PendingMessage
from bot.storage.stores.outbox import Outbox, put_posts
from bot.storage.stores.score_sums import put_in, take_out
from bot.storage.stores.turn_rows import find_turns, first_turn, may_reopen, values_of
from bot.storage.stores.turn_writes import UNANSWERED, new_turn, put_said, put_scores
from bot.storage.stores.utterances import utterances_of

_IN_ROOM: Final = select(turns).where(turns.c.room_id == bindparam("room_id"))
_ONE: Final = select(turns).where(turns.c.id == bindparam("turn_id"))
_OPEN_TURN: Final = _IN_ROOM.where(OPEN)
_LATEST: Final = _IN_ROOM.order_by(turns.c.id.desc()).limit(bindparam("most"))
_NEXT_TO_EVALUATE: Final = _IN_ROOM.where(TO_EVALUATE).order_by(turns.c.id).limit(1)
_ROOMS_TO_EVALUATE: Final = (
    select(turns.c.room_id).where(TO_EVALUATE).distinct().order_by(turns.c.room_id)
)
_OF_REPLY: Final = (
    select(turns)
    .join(reply_posts, reply_posts.c.turn_id == turns.c.id)
    .where(reply_posts.c.message_id == bindparam("message_id"))
)
_PENDING: Final = (
    select(messages.c.id, messages.c.author_id, messages.c.limit_exempt)
    .where(messages.c.room_id == bindparam("room_id"), UNANSWERED)
    .order_by(messages.c.id)
)
_PENDING_TO_CLAIM: Final = _PENDING.add_columns(
    exists().where(turns.c.room_id == bindparam("room_id"), OPEN).label("under_way")
)
# A turn that waits for a person is no work until its time is over or nobody sits in the seat.
_WAITS: Final = and_(
    turns.c.state.in_((TurnState.WAITING, TurnState.GATED)),
    turns.c.waits_until > bindparam("now", type_=UtcDateTime),
    not_(and_(turns.c.state == TurnState.WAITING, rooms.c.therapist_id.is_(None))),
)
_ROOMS_WITH_WORK: Final = (
    select(rooms.c.id)
    .where(
        rooms.c.paused.is_(false()),
        or_(
            exists().where(turns.c.room_id == rooms.c.id, OPEN, not_(_WAITS)),
            and_(
                exists().where(messages.c.room_id == rooms.c.id, UNANSWERED),
                not_(exists().where(turns.c.room_id == rooms.c.id, OPEN)),
            ),
        ),
    )
    .order_by(rooms.c.id)
)
_HELD: Final = (
    select(turns)
    .join(rooms, rooms.c.id == turns.c.room_id)
    .where(OPEN, _WAITS, rooms.c.paused.is_(false()), rooms.c.simulated.is_(false()))
    .where(turns.c.created_at <= bindparam("before", type_=UtcDateTime))
    .order_by(turns.c.room_id)  # by the index of open turns, of which there are few
)
_COMPARE_AND_SET: Final = turns.update().where(
    turns.c.id == bindparam("was_id"), turns.c.version == bindparam("was_version")
)


class StaleTurn(FourRoomsError):
    """The error of a turn that has moved on since it was read: who holds the old one must stop."""

    public = "That reply has moved on meanwhile."


class ClaimedTurn(NamedTuple):
    """A room's turn, if any, and whether it was just made of all that waited for an answer."""

    turn: Turn | None
    is_new: bool = False


class TurnStore:
    """The turns, each as its latest step left it."""

    def __init__(self, database: Database, guidance: GuidanceStore, outbox: Outbox) -> None:
        self._database = database
        self._guidance = guidance
        self._outbox = outbox

    async def claim(self, room_id: int, only: Collection[int] | None = None) -> Turn | None:
        """Return the room's open turn; else a new one that claims what waits; else None.

        ``only`` are the messages that may be claimed, where not all of them.
        """
        return (await self.claim_next(room_id, only)).turn

    async def claim_next(self, room_id: int, only: Collection[int] | None = None) -> ClaimedTurn:
        """Return the same as `claim`, and whether the turn is new."""

        def write(connection: Connection) -> ClaimedTurn:
            rows = connection.execute(_PENDING_TO_CLAIM, {"room_id": room_id}).all()
            if not rows or rows[0].under_way:
                open_turn = first_turn(connection, _OPEN_TURN, {"room_id": room_id})
                return ClaimedTurn(open_turn)
            pending = [row for row in rows if only is None or row.id in only]
            if not pending:
                return ClaimedTurn(None)
            return ClaimedTurn(new_turn(connection, room_id, pending), is_new=True)

        return await self._database.transact(write)

    async def get(self, turn_id: int) -> Turn | None:
        """Return the turn of that id."""

        def read(connection: Connection) -> Turn | None:
            return first_turn(connection, _ONE, {"turn_id": turn_id})

        return await self._database.fetch(read)

    async def open_turn(self, room_id: int) -> Turn | None:
        """Return the room's turn that is still on its way; there is one at most."""

        def read(connection: Connection) -> Turn | None:
            return first_turn(connection, _OPEN_TURN, {"room_id": room_id})

        return await self._database.fetch(read)

    async def next_work(self, room_id: int) -> tuple[Turn | None, list[PendingMessage]]:
        """Return the room's turn that is still on its way, and the messages that wait for one."""

        def read(connection: Connection) -> tuple[Turn | None, list[PendingMessage]]:
            open_turn = first_turn(connection, _OPEN_TURN, {"room_id": room_id})
            rows = connection.execute(_PENDING, {"room_id": room_id})
            pending = [PendingMessage(row.id, row.author_id, row.limit_exempt) for row in rows]
            return open_turn, pending

        return await self._database.fetch(read)

    async def by_reply_message(self, message_id: int) -> Turn | None:
        """Return the turn that a message of the Chatbot in the Chat Room belongs to."""
        async with self._database.read() as connection:
            return await connection.run_sync(first_turn, _OF_REPLY, {"message_id": message_id})

    async def latest(self, room_id: int, n: int) -> list[Turn]:
        """Return the room's ``n`` latest turns, newest first."""
        async with self._database.read() as connection:
            return await connection.run_sync(find_turns, _LATEST, {"room_id": room_id, "most": n})

    async def save(
        self,
        turn: Turn,
        *,
        was: Turn,
        utterance: Utterance | None = None,
        posts: Sequence[NewPost] = (),
        evaluations: Sequence[Evaluation] = (),
        heard: Sequence[int] = (),
        act: NewAct | None = None,
        crises: Sequence[NewCrisis] = (),
    ) -> Turn:
        """Write a step: the turn as it now is, what was said in it, the posts that show it.

        ``evaluations`` are scores given on the way, ``heard`` the ids of guidance that took part,
        ``act`` is what a moderator did, ``crises`` what ends the turn with help. Scores of a reply
        that is changed are dropped; guidance is counted down at the turn's end. All or nothing.
        Returns the turn to go on with. Raises InvalidTransition for a step that no turn takes,
        and StaleTurn if the stored turn is not at the version of ``was``.
        """
        check_transition(was.state, turn.state)
        turn, ends = replace(turn, version=was.version + 1), was.state.open and not turn.state.open
        counts_down = ends and self._guidance.may_be_in_force(turn.room_id)

        def write(connection: Connection) -> list[Post]:
            take_out(connection, was)
            _compare_and_set(connection, turn, was)
            put_said(connection, turn, was, utterance)
            put_scores(connection, turn, was, evaluations)
            put_in(connection, turn)
            note_heard(connection, turn.id, heard, ends=counts_down)
            if act is not None:
                put_act(connection, act)
            for crisis in crises:
                open_crisis(connection, crisis, turn_id=turn.id)
            return put_posts(connection, posts)

        put = await (self._guidance if counts_down else self._database).transact(write)
        self._outbox.announce(turn.room_id, put if act is None and not crises else None)
        return turn

    async def abandon(self, room_id: int, why: str) -> None:
        """End the room's open turn without a word, and set aside what waits for one.

        Whoever works on that turn gets StaleTurn with the next step.
        """
        now = datetime.now(UTC)
        ended = turns.update().where(turns.c.room_id == room_id, OPEN)
        aside = messages.update().where(messages.c.room_id == room_id, UNANSWERED)
        async with self._database.write() as connection:
            end = {"state": TurnState.WITHHELD, "withheld_because": why, "waits_until": None}
            change = {**end, "version": turns.c.version + 1, "changed_at": now}
            await connection.execute(ended.values(change))
            await connection.execute(aside.values(set_aside_at=now))

    async def utterances(self, turn_id: int) -> tuple[Utterance, ...]:
        """Return all that was said in a turn's session, in order."""

        def read(connection: Connection) -> tuple[Utterance, ...]:
            return utterances_of(connection, turn_id)

        return await self._database.fetch(read)

    async def rooms_with_work(self) -> list[int]:
        """Return the rooms, but paused ones, with an open turn or messages that wait for one."""
        async with self._database.read() as connection:
            return list(await connection.scalars(_ROOMS_WITH_WORK, {"now": datetime.now(UTC)}))

    async def held_since(self, before: datetime) -> list[Turn]:
        """Return the turns that began before then and wait for a moderator, but in paused rooms."""
        keys = {"before": before, "now": datetime.now(UTC)}
        async with self._database.read() as connection:
            return await connection.run_sync(find_turns, _HELD, keys)

    async def backlog(self, room_id: int) -> int:
        """Return how many messages wait for a turn."""
        query = select(func.count()).select_from(messages)
        async with self._database.read() as connection:
            count = await connection.scalar(query.where(messages.c.room_id == room_id, UNANSWERED))
        return count or 0

    async def changed_at(self, turn_id: int) -> datetime | None:
        """Return the moment of a turn's latest step."""
        async with self._database.read() as connection:
            at: datetime | None = await connection.scalar(
                select(turns.c.changed_at).where(turns.c.id == turn_id)
            )
        return at

    async def delete_reply(self, turn_id: int, act: NewAct, posts: Sequence[NewPost]) -> Act | None:
        """Take a reply out of the conversation, on the record; return None if it is out already.

        ``posts`` take it away in Discord.
        """
        change = turns.update().where(turns.c.id == turn_id, turns.c.reply_deleted_at.is_(None))
        async with self._database.write() as connection:
            gone = await connection.execute(change.values(reply_deleted_at=datetime.now(UTC)))
            if not gone.rowcount:
                return None
            await connection.run_sync(put_posts, posts)
            return await connection.run_sync(put_act, act)

    async def next_to_evaluate(self, room_id: int) -> Turn | None:
        """Return the room's oldest turn that the Critic has yet to see."""

        def read(connection: Connection) -> Turn | None:
            return first_turn(connection, _NEXT_TO_EVALUATE, {"room_id": room_id})

        return await self._database.fetch(read)

    async def rooms_to_evaluate(self) -> list[int]:
        """Return the rooms with turns that the Critic has yet to see."""
        async with self._database.read() as connection:
            return list(await connection.scalars(_ROOMS_TO_EVALUATE))


def _compare_and_set(connection: Connection, turn: Turn, was: Turn) -> None:
    if not was.state.open and not may_reopen(connection, was):
        raise StaleTurn("another turn of the room is under way")
    keys = {"was_id": was.id, "was_version": was.version}
    result = connection.execute(_COMPARE_AND_SET, {**values_of(turn), **keys})
    if result.rowcount != 1:
        raise StaleTurn(f"turn {was.id} is not {was.state.value} any more")
