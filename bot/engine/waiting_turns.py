"""Turns that wait for a model that is away, and turns that are too old to be answered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.domain import Room, Turn, TurnState
from bot.domain.events import Event, TurnWithheld
from bot.engine.patience import ASKING, JOINED_AFTER, Patience, age
from bot.errors import LLMError
from bot.rooms.chat.chat_room import ChatRoom
from bot.rooms.chat.notices import AwayNotice
from bot.rooms.limits.admission import TurnAdmission

log = structlog.get_logger(__name__)


class WaitingTurns:
    """The look at a turn before its next step; without ``patience`` every turn goes on at once."""

    def __init__(
        self,
        chat_room: ChatRoom,
        admission: TurnAdmission,
        emit: Callable[[Event], None],
        patience: Patience | None,
    ) -> None:
        self.patience = patience
        self._stores = chat_room.stores
        self._admission = admission
        self._chat_room = chat_room
        self._emit = emit
        self._notice = AwayNotice(chat_room.stores, chat_room.port, chat_room.texts)

    async def look_at(self, room: Room, turn: Turn) -> Turn:
        """Return the turn as it goes on: with more messages, closed as too old, or as it was."""
        patience = self.patience
        if patience is None or turn.state not in ASKING:
            return turn
        if await self._is_too_old(patience, room, turn):
            return await self._close(turn, patience.message_age(turn.message_ids[-1]))
        if patience.must_wait(turn):
            await self._notice.give(room, turn)
        elif turn.state is TurnState.CLAIMED and age(turn) > JOINED_AFTER:
            return await self._admission.join(room, turn)
        return turn

    def must_wait(self, turn: Turn) -> bool:
        """Return whether nobody can be asked for the turn now."""
        return self.patience is not None and self.patience.must_wait(turn)

    def holds(self, turn: Turn, error: LLMError) -> bool:
        """Return whether the turn waits after an agent's error, in place of being withheld."""
        held = self.patience is not None and self.patience.holds(turn, error)
        if held:
            log.info("turn waits for a model", detail=error.detail)
        return held

    async def _is_too_old(self, patience: Patience, room: Room, turn: Turn) -> bool:
        """Return whether nobody would know any more what the answer is to.

        Neither a pause nor a step that was taken meanwhile counts as waiting. What somebody says
        who may be in danger is never too old, whoever else has spoken since.
        """
        within = patience.answer_within
        if within is None or patience.message_age(turn.message_ids[-1]) <= within:
            return False
        now, moments = datetime.now(UTC), [room.resumed_at]
        if turn.version > 0:
            moments.append(await self._stores.turns.changed_at(turn.id))
        if any(moment is not None and now - moment <= within for moment in moments):
            return False
        return not await self._stores.crises.concerns_authors(turn)

    async def _close(self, turn: Turn, said_ago: timedelta) -> Turn:
        minutes = round(said_ago / timedelta(minutes=1))
        done = await self._chat_room.close(
            turn, f"too old to be worth an answer: it was said {minutes} minutes ago"
        )
        log.info("turn closed as too old", turn_id=turn.id, room_id=turn.room_id, minutes=minutes)
        self._emit(TurnWithheld(turn.room_id, turn.id))
        return done
