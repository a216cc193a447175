"""The check-in of a moderator in a session: how it feels, and whether to go on or back.

It is heard at the next boundary. With the Chatbot's part of a round it is asked in the same call;
where a turn rests, or is over before another round, it is asked by itself.

Source: the moderator's check-in before the Chatbot decides is that of Lin, Bouneffouf, Cecchi,
Varshney (2023).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from bot.agents.protocols import Chatbot
from bot.domain import Moderator, Room, Turn
from bot.domain.events import CheckInAnswered
from bot.domain.moderation import CheckIn, CheckInAnswer
from bot.domain.session_acts import CheckInDetails
from bot.errors import FourRoomsError, LLMError
from bot.llm.protocol import CallContext
from bot.rooms.audit import AuditLog, new_act
from bot.rooms.turn_runner import TurnRunner
from bot.tasks import KeyedTasks

log = structlog.get_logger(__name__)

MOST_WORDS: Final = 500
"""Characters of a question: it goes into a prompt."""

MakeContext = Callable[[int, int], CallContext]
"""Makes the context of a call for a moderator, of a room and a turn."""


class CheckInWaits(FourRoomsError):
    """A second check-in before the first was heard."""

    public = "Another check-in waits in that room. The Chatbot answers it before its next step."


class CheckIns:
    """The check-ins of moderators, asked and answered."""

    def __init__(
        self, audit: AuditLog, chatbot: Chatbot, runner: TurnRunner, call_context: MakeContext
    ) -> None:
        self._audit = audit
        self._chatbot = chatbot
        self._runner = runner
        self._call_context = call_context
        self.workers = KeyedTasks[int](
            "check-ins", self._answer_waiting, before_retry=audit.stores.try_storing
        )

    async def ask(self, room_id: int, by: Moderator, question: str = "") -> CheckIn:
        """Ask the Chatbot at the next boundary of its session. Raises NoSuchRoom, CheckInWaits."""
        room = await self._audit.room(room_id)
        act = new_act(room, by, CheckInDetails(question.strip()[:MOST_WORDS]))
        check_in = await self._audit.stores.check_ins.add(room_id, act)
        if check_in is None:
            raise CheckInWaits
        self._audit.acted(act)
        self.workers.wake(room_id)
        return check_in

    async def session_runs(self, room_id: int) -> bool:
        """Return whether a turn is on its way, so that its next boundary is the one."""
        return await self._audit.stores.turns.open_turn(room_id) is not None

    async def _answer_waiting(self, room_id: int) -> bool:
        """Answer a check-in that no part of a round will; there is one at most."""
        stores = self._audit.stores
        check_in, room = await stores.check_ins.waiting(room_id), await stores.rooms.get(room_id)
        turn = None if check_in is None or room is None else await self._at_rest(room, check_in)
        if check_in is None or room is None or turn is None:
            return False
        context = await self._runner.turn_context(turn, room)
        ctx = self._call_context(room_id, turn.id)
        try:
            answer = await self._chatbot.answer_query(context, check_in.words, ctx)
            text = answer.answer
        except LLMError as error:
            log.warning("check-in not answered", turn_id=turn.id, detail=error.detail)
            text = ""
        if await stores.check_ins.answer(room_id, CheckInAnswer(check_in.id, turn.id, text)):
            self._audit.acted_in(room_id)
            self._runner.emit(CheckInAnswered(room_id, turn.id, check_in.id))
        return False

    async def _at_rest(self, room: Room, check_in: CheckIn) -> Turn | None:
        """Return the turn whose boundary has come, without a part of a round that will hear it."""
        stores = self._audit.stores
        running = await stores.turns.open_turn(room.id)
        if running is not None:
            return running if running.state.waits or room.paused else None
        latest = next(iter(await stores.turns.latest(room.id, 1)), None)
        if latest is not None and latest.state.open:
            return None  # it began between the two looks, and its own round will hear the question
        ended = await stores.turns.changed_at(latest.id) if latest else None
        return latest if ended is not None and _is_after(ended, check_in) else None


def _is_after(ended: datetime, check_in: CheckIn) -> bool:
    """Return whether the turn ended after the question; else it waits for the next session."""
    return ended > check_in.asked_at
