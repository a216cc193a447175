"""The person in the Therapist's seat, for whom the session waits, round by round.

The ways from and to WAITING are drawn in `bot.domain.transitions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from bot.domain import (
    Act,
    Moderator,
    NewAct,
    NewPost,
    PostKind,
    PostTo,
    Review,
    Room,
    Speaker,
    Turn,
    TurnState,
)
from bot.domain.act_details import (
    ReleaseSeatDetails,
    TakeSeatDetails,
    TherapistReadyDetails,
    TherapistSpeaksDetails,
    WithholdDetails,
)
from bot.domain.moderation import ActDetails
from bot.domain.moderation_acts import HandSeatDetails
from bot.domain.room_settings import SeatTimeout
from bot.domain.turn_context import Transition, TurnContext, waiting_deadline
from bot.errors import FourRoomsError
from bot.reasons import Reason, because
from bot.rooms.audit import THE_BOT, AuditLog, CannotGoOut, NoMoreRounds, NotWaiting, new_act
from bot.rooms.therapy.objections import blocking_findings
from bot.rooms.therapy.session import hear_review, withhold
from bot.rooms.turn_runner import TurnRunner
from bot.rooms.waits import renew_wait
from bot.text.moderator_texts import say

MOST_ROUNDS: Final = 10
"""Rounds that people may take in one turn: somebody is waiting for a reply."""
GO: Final = "It may go out as it is."


class SeatTaken(FourRoomsError):
    """A seat in which another person is the Therapist."""

    public = "Somebody else coaches the Chatbot just now. /therapist release ends that."


class SeatEmpty(FourRoomsError):
    """A seat in which there is nobody but the AI."""

    public = "Nobody coaches the Chatbot just now."


class NotInSeat(FourRoomsError):
    """A speaker who does not sit in the seat."""

    public = "You are not coaching the Chatbot. /therapist take lets you."


class AlreadyHeard(FourRoomsError):
    """A message that has been the Therapist's part of a round before."""

    public = "I have heard that already."


class HumanTherapist:
    """The acts of the person in the Therapist's seat."""

    def __init__(self, audit: AuditLog, runner: TurnRunner) -> None:
        self._audit = audit
        self._runner = runner

    async def take(self, room_id: int, by: Moderator) -> Act:
        """Seat that person: from now on sessions wait for them. Raises NoSuchRoom, SeatTaken."""

        def decide(room: Room) -> tuple[Room, NewAct]:
            if room.therapist is not None and room.therapist.id != by.id:
                raise SeatTaken(
                    public=say(
                        "{who} coaches the Chatbot just now. /therapist release ends that.",
                        who=room.therapist.name,
                    )
                )
            return replace(room, therapist=by), new_act(room, by, TakeSeatDetails())

        return await self._audit.change_room(room_id, decide)

    async def hand(self, room_id: int, by: Moderator, to: Moderator) -> Act:
        """Seat a colleague, whoever sits there; a draft that waits is shown to them, in their name.

        They have their whole time for it. Raises NoSuchRoom.
        """

        def decide(room: Room) -> tuple[Room, NewAct]:
            return replace(room, therapist=to), new_act(room, by, HandSeatDetails(to.name))

        act = await self._audit.change_room(room_id, decide)
        room, stores = await self._audit.room(room_id), self._audit.stores
        turn = await stores.turns.open_turn(room_id)
        if turn is not None and turn.state is TurnState.WAITING:
            await renew_wait(stores, room)
            post = NewPost(room_id, PostTo.THERAPY_ROOM, PostKind.SEAT, turn.id, ref=turn.round)
            await stores.outbox.add([post])
            self._audit.acted_in(room_id)
        return act

    async def release(self, room_id: int, by: Moderator) -> Act:
        """Make the AI the Therapist again, of a session that waits too. Raises SeatEmpty."""

        def decide(room: Room) -> tuple[Room, NewAct]:
            if room.therapist is None:
                raise SeatEmpty
            details = ReleaseSeatDetails(room.therapist.name)
            return replace(room, therapist=None), new_act(room, by, details)

        act = await self._audit.change_room(room_id, decide)
        self._runner.wake(room_id)
        return act

    async def vacate(self, room_id: int, person_id: int, why: str) -> Act | None:
        """Free the seat of a person who may sit there no more; None if they do not sit there.

        A session that waits goes on with the AI. The moderators read ``why``. Raises NoSuchRoom.
        """

        def decide(room: Room) -> tuple[Room, NewAct]:
            if room.therapist is None or room.therapist.id != person_id:
                raise SeatEmpty
            details = ReleaseSeatDetails(room.therapist.name)
            return replace(room, therapist=None), new_act(room, THE_BOT, details, why)

        try:
            act = await self._audit.change_room(room_id, decide)
        except SeatEmpty:
            return None
        self._runner.wake(room_id)
        return act

    async def speak(
        self, room_id: int, by: Moderator, text: str, message_ids: Sequence[int] = ()
    ) -> Turn:
        """Take the Therapist's part of a round in that person's words, which the messages hold.

        Raises NotInSeat, NotWaiting, NoMoreRounds, AlreadyHeard, StaleTurn.
        """
        room = await self._audit.room(room_id)
        turn = await self._audit.stores.turns.open_turn(room_id)
        _check_seat(room, by)
        if turn is None or turn.state is not TurnState.WAITING:
            raise NotWaiting(public=say("No draft waits for the Therapist just now."))
        if message_ids and message_ids[0] <= await self.heard_last(turn.id):
            raise AlreadyHeard
        if turn.round >= MOST_ROUNDS:
            raise NoMoreRounds
        review = Review(
            user_feels="", user_needs="", says=text, something_left=True, wants_to_see=True
        )
        step = hear_review(
            await self._runner.turn_context(turn, room), review, by=Speaker.MODERATOR
        )
        details = TherapistSpeaksDetails(tuple(message_ids))
        return await self._take(step, turn, room, by, details, shown=False)

    async def heard_last(self, turn_id: int) -> int:
        """Return the id of that turn's latest message heard as the Therapist's part, or 0."""
        acts = await self._audit.stores.acts.of_turn(turn_id)
        heard = [act.details for act in acts if isinstance(act.details, TherapistSpeaksDetails)]
        return max(
            (message_id for details in heard for message_id in details.message_ids), default=0
        )

    async def ready(self, turn_id: int, by: Moderator) -> Turn:
        """Let the text go out as it is. Raises NotInSeat, NotWaiting, CannotGoOut, StaleTurn."""
        turn, room = await self._waiting(turn_id, by)
        context = await self._runner.turn_context(turn, room)
        if why := blocking_findings(context, context.text):
            raise CannotGoOut(public=say("That cannot go out: {why}.", why=why))
        review = Review(
            user_feels="", user_needs="", says=GO, something_left=False, worded_in_code=True
        )
        step = hear_review(context, review, by=Speaker.MODERATOR)
        return await self._take(step, turn, room, by, TherapistReadyDetails(), shown=False)

    async def withhold(self, turn_id: int, by: Moderator, reason: str = "") -> Turn:
        """Send no reply; the person gets the apology. Raises NotInSeat, NotWaiting."""
        turn, room = await self._waiting(turn_id, by)
        step = withhold(turn, _withheld_by(by, reason))
        return await self._take(step, turn, room, by, WithholdDetails(), reason, shown=True)

    async def _waiting(self, turn_id: int, by: Moderator) -> tuple[Turn, Room]:
        turn, room = await self._audit.turn(turn_id)
        _check_seat(room, by)
        if turn.state is not TurnState.WAITING:
            raise NotWaiting
        return turn, room

    async def _take(
        self,
        step: Transition,
        turn: Turn,
        room: Room,
        by: Moderator,
        details: ActDetails,
        reason: str = "",
        *,
        shown: bool,
    ) -> Turn:
        act = new_act(room, by, details, reason, turn_id=turn.id, shown=shown)
        step = replace(step, turn=replace(step.turn, waits_until=None))
        taken = await self._runner.take(step, turn, act=act)
        self._audit.acted(act)
        return taken


def _check_seat(room: Room, by: Moderator) -> None:
    if room.therapist is None or room.therapist.id != by.id:
        raise NotInSeat


def wait_for_person(context: TurnContext) -> Transition:
    """Have the text await the person in the seat, who sees it in the thread."""
    turn = replace(context.turn, state=TurnState.WAITING)
    turn = replace(turn, waits_until=waiting_deadline(turn, context.settings))
    post = NewPost(turn.room_id, PostTo.THERAPY_ROOM, PostKind.SEAT, turn.id, ref=turn.round)
    return Transition(turn, posts=(post,))


def end_wait(context: TurnContext) -> Transition:
    """Go on without the person, who has left the seat, or let the time pass."""
    drafted = replace(context.turn, state=TurnState.DRAFTED, waits_until=None)
    if context.therapist is None:
        return Transition(drafted)
    if context.settings.seat_on_timeout is SeatTimeout.WITHHOLD:
        minutes = context.settings.seat_minutes
        return withhold(context.turn, _no_answer_in(minutes))
    return Transition(replace(drafted, unattended=True))


def _no_answer_in(minutes: int) -> Reason:
    return because("the Therapist, a person, did not answer in {minutes} min", minutes=minutes)


def _withheld_by(by: Moderator, reason: str) -> Reason:
    if not reason:
        return because("{who}, as Therapist, withheld it.", who=by.name)
    return because("{who}, as Therapist, withheld it. {reason}", who=by.name, reason=reason)
