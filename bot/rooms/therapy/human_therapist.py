"""A person in the Therapist's seat: the session waits for them, round by round.

The ways from and to WAITING are drawn in `bot.domain.transitions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from bot.domain import Act, Moderator, Review, Room, Speaker, Turn, TurnState
from bot.errors import FourRoomsError
from bot.rooms.control.audit import AuditLog, CannotGoOut, NoMoreRounds, NotWaiting, new_act
from bot.rooms.therapy.session import (
    Transition,
    TurnContext,
    blocking_findings,
    hear_review,
    withhold,
)

MOST_ROUNDS: Final = 10
"""Rounds that people may take in one turn: somebody is waiting for a reply."""
GO: Final = "It may go out as it is."
SPEAKS: Final = "therapist speaks"
"""The kind of act by which a person's words are the Therapist's part."""


class SeatTaken(FourRoomsError):
    """Another person is the Therapist."""

    public = "Somebody else sits in the Therapist's seat. /therapist release frees it."


class SeatEmpty(FourRoomsError):
    """Nobody is the Therapist but the AI."""

    public = "Nobody sits in the Therapist's seat."


class NotInSeat(FourRoomsError):
    """Who speaks is not who sits in the seat."""

    public = "You do not sit in the Therapist's seat. /therapist take puts you there."


class AlreadyHeard(FourRoomsError):
    """The message has been the Therapist's part of a round before."""

    public = "I have heard that already."


class HumanTherapist:
    """What the person in the Therapist's seat does."""

    def __init__(self, audit: AuditLog) -> None:
        self._audit = audit

    async def take(self, room_id: int, by: Moderator) -> Act:
        """From now on sessions wait for that person. Raises NoSuchRoom, SeatTaken."""
        room = await self._audit.room(room_id)
        if room.therapist is not None and room.therapist.id != by.id:
            raise SeatTaken(
                public=f"{room.therapist.name} sits there. /therapist release frees it."
            )
        await self._audit.stores.rooms.set_therapist(room_id, by)
        return await self._audit.record(room, by, "take seat")

    async def release(self, room_id: int, by: Moderator) -> Act:
        """The AI is the Therapist again, of a session that waits too. Raises SeatEmpty."""
        room = await self._audit.room(room_id)
        if room.therapist is None:
            raise SeatEmpty
        await self._audit.stores.rooms.set_therapist(room_id, None)
        sat = {"therapist": room.therapist.name}
        act = await self._audit.record(room, by, "release seat", details=sat)
        self._audit.engine.wake(room_id)
        return act

    async def speak(
        self, room_id: int, by: Moderator, text: str, message_ids: Sequence[int] = ()
    ) -> Turn:
        """The Therapist's part of a round, in that person's words, by the messages that hold them.

        Raises NotInSeat, NotWaiting, NoMoreRounds, AlreadyHeard, StaleTurn.
        """
        room = await self._audit.room(room_id)
        turn = await self._audit.stores.turns.open_turn(room_id)
        _check_seat(room, by)
        if turn is None or turn.state is not TurnState.WAITING:
            raise NotWaiting(public="No session waits for the Therapist just now.")
        if message_ids and message_ids[0] <= await self.heard_last(turn.id):
            raise AlreadyHeard
        if turn.round >= MOST_ROUNDS:
            raise NoMoreRounds
        review = Review(
            user_feels="", user_needs="", says=text, something_left=True, wants_to_see=True
        )
        step = hear_review(await self._case(turn, room), review, by=Speaker.MODERATOR)
        details = {"message_ids": [*message_ids]}
        return await self._take(step, turn, room, by, SPEAKS, details=details, shown=False)

    async def heard_last(self, turn_id: int) -> int:
        """The id of the latest message that was a part of that turn's session; 0 if none was."""
        acts = await self._audit.stores.acts.of_turn(turn_id)
        heard = [act.details.get("message_ids") for act in acts if act.kind == SPEAKS]
        return max((max(ids) for ids in heard if isinstance(ids, list) and ids), default=0)

    async def ready(self, turn_id: int, by: Moderator) -> Turn:
        """Lets the text go out as it is. Raises NotInSeat, NotWaiting, CannotGoOut, StaleTurn."""
        turn, room = await self._waiting(turn_id, by)
        context = await self._case(turn, room)
        if why := blocking_findings(context, context.text):
            raise CannotGoOut(public=f"That cannot go out: {why}.")
        review = Review(user_feels="", user_needs="", says=GO, something_left=False)
        step = hear_review(context, review, by=Speaker.MODERATOR)
        return await self._take(step, turn, room, by, "therapist ready", shown=False)

    async def withhold(self, turn_id: int, by: Moderator, reason: str = "") -> Turn:
        """No reply is sent; the person gets the apology. Raises NotInSeat, NotWaiting."""
        turn, room = await self._waiting(turn_id, by)
        step = withhold(turn, f"{by.name}, as Therapist, withheld it. {reason}".strip())
        return await self._take(step, turn, room, by, "withhold", reason, shown=True)

    async def _waiting(self, turn_id: int, by: Moderator) -> tuple[Turn, Room]:
        turn, room = await self._audit.turn(turn_id)
        _check_seat(room, by)
        if turn.state is not TurnState.WAITING:
            raise NotWaiting
        return turn, room

    async def _case(self, turn: Turn, room: Room) -> TurnContext:
        return await self._audit.engine.context(turn, room)

    async def _take(
        self,
        step: Transition,
        turn: Turn,
        room: Room,
        by: Moderator,
        kind: str,
        reason: str = "",
        *,
        details: Mapping[str, object] | None = None,
        shown: bool,
    ) -> Turn:
        act = new_act(room, by, kind, reason, details, turn_id=turn.id, shown=shown)
        step = replace(step, turn=replace(step.turn, waits_until=None))
        taken = await self._audit.engine.take(step, turn, act=act)
        self._audit.acted(act)
        return taken


def _check_seat(room: Room, by: Moderator) -> None:
    if room.therapist is None or room.therapist.id != by.id:
        raise NotInSeat
