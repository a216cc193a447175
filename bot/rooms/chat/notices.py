"""The notices to people who wait for a moderator: one sentence, once, as best it can.

Nothing depends on it: what cannot be told is not tried again. Each is noted before it is sent, so
that a restart tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from bot.domain import Room, Turn, TurnState
from bot.domain.posts import ChatRoomPort, ReplyPost, nonce_of
from bot.errors import DeliveryError
from bot.rooms.chat.fixed_texts import DELAY_TEXT, WAIT_TEXT
from bot.rooms.chat.member_texts import MemberTexts
from bot.storage.stores.stores import Stores

log = structlog.get_logger(__name__)

TOLD_AGAIN_AFTER: Final = timedelta(hours=1)
_NEED_NO_NOTICE: Final = (
    TurnState.GATED,
    TurnState.WAITING,
    TurnState.READY,
    TurnState.WITHHOLDING,
)
"""A person holds the reply, or it is on its way."""
DELAY_NOTICE_AFTER: Final = timedelta(minutes=2)
"""After which they read it: most moderators who are there have decided by then."""


AWAY_NOTICE_AFTER: Final = timedelta(seconds=30)
"""After which they read that no model answers: a short trouble passes unseen."""


class PauseNotice:
    """The answer to each person once in a pause, if their server wants that."""

    def __init__(self, stores: Stores, door: ChatRoomPort) -> None:
        self._stores = stores
        self._door = door

    async def give(self, room: Room) -> None:
        """Answer those who have spoken during the pause and were not told yet."""
        if not room.settings.paused_answer:
            return
        told = await self._stores.wait_notices.told_of_pause(room.id, room.resumed_at)
        for author_id, message_id in await self._stores.messages.said_in_pause(room.id):
            if author_id in told:
                continue
            await self._stores.wait_notices.note_pause(room.id, room.resumed_at, author_id)
            await _tell(self._door, room.id, message_id, room.settings.paused_answer, "paused")


class AwayNotice:
    """The notice to each person once that a reply takes longer, while no model answers."""

    def __init__(self, stores: Stores, door: ChatRoomPort, texts: MemberTexts) -> None:
        self._stores = stores
        self._door = door
        self._texts = texts

    async def give(self, room: Room, turn: Turn) -> None:
        """Tell those who wait in the turn's room, and were not told yet that it takes longer."""
        if datetime.now(UTC) - turn.waits_since < AWAY_NOTICE_AFTER:
            return
        notices = self._stores.wait_notices
        for author_id, message_id in await notices.untold_of_outage(turn.room_id, turn.id):
            await notices.note_outage(turn.id, author_id)
            text = await self._texts.in_answer(DELAY_TEXT, room, message_id)
            await _tell(self._door, room.id, message_id, text, "away")


class DelayNotice:
    """The notice that a reply takes longer, while it waits for a person."""

    def __init__(
        self, stores: Stores, door: ChatRoomPort, texts: MemberTexts | None = None
    ) -> None:
        self._stores = stores
        self._door = door
        self._texts = texts or MemberTexts(stores)
        self._known: set[int] = set()
        """Turns that are noted, so that the clock need not look them up."""

    async def give(
        self, now: datetime | None = None, *, is_own: Callable[[int], bool] = lambda _: True
    ) -> None:
        """Tell those who have waited for long enough and were not told yet; for the clock.

        ``is_own`` says, by id, in which rooms.
        """
        held = await self._stores.turns.held_since((now or datetime.now(UTC)) - DELAY_NOTICE_AFTER)
        waiting = [turn for turn in held if is_own(turn.room_id)]
        self._known &= {turn.id for turn in waiting}
        for turn in waiting:
            if turn.id not in self._known and await self._note(turn):
                text = await self._texts.for_turn(DELAY_TEXT, turn)
                await _tell(self._door, turn.room_id, turn.message_ids[-1], text, "longer")

    async def _note(self, turn: Turn) -> bool:
        """Note the turn; say whether it was not noted before."""
        self._known.add(turn.id)
        return await self._stores.wait_notices.note_delay(turn.id)


class WaitNotice:
    """The notice that an answer takes its time, where a room wants that: once a person and hour.

    It is noted with the turn, so that a restart tells nobody twice of one; who was told within the
    hour is in memory alone.
    """

    def __init__(self, stores: Stores, door: ChatRoomPort, texts: MemberTexts) -> None:
        self._stores = stores
        self._door = door
        self._texts = texts
        self._told: dict[int, datetime] = {}
        """By person: when they were last told."""

    async def give(
        self, now: datetime | None = None, *, is_own: Callable[[int], bool] = lambda _: True
    ) -> None:
        """Tell those who have waited for as long as their room says; for the clock."""
        now = now or datetime.now(UTC)
        self._told = {who: at for who, at in self._told.items() if now - at < TOLD_AGAIN_AFTER}
        for room_id in filter(is_own, await self._stores.turns.rooms_with_work()):
            room = await self._stores.rooms.get(room_id)
            if room is None or room.settings.wait_seconds is None or room.simulated:
                continue
            turn = await self._stores.turns.open_turn(room_id)
            wait = timedelta(seconds=room.settings.wait_seconds)
            if turn is not None and now - turn.waits_since >= wait:
                await self._give(turn, now)

    async def _give(self, turn: Turn, now: datetime) -> None:
        """Tell who is answered, unless a person holds the reply: that has a notice of its own."""
        people = {*turn.people}
        if turn.state in _NEED_NO_NOTICE or not people - {*self._told}:
            return
        if not await self._stores.wait_notices.note_delay(turn.id):
            return
        self._told |= dict.fromkeys(people, now)
        text = await self._texts.for_turn(WAIT_TEXT, turn)
        await _tell(self._door, turn.room_id, turn.message_ids[-1], text, "wait")

    def forget(self, person_id: int) -> None:
        """Forget that a person was told."""
        self._told.pop(person_id, None)


async def _tell(
    door: ChatRoomPort, room_id: int, message_id: int, text: str, occasion: str
) -> None:
    post = ReplyPost(
        turn_id=0,
        room_id=room_id,
        part=0,
        parts=1,
        text=text,
        nonce=nonce_of(occasion, message_id),
        reference_id=message_id,
    )
    try:
        await door.send(post)
    except DeliveryError as error:
        log.warning("not told", occasion=occasion, room_id=room_id, detail=error.detail)
